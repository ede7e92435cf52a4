// The browser's side of the chat: it hears by server-sent events, and says by POST.
"use strict";

const lines = document.getElementById("lines");
const state = document.getElementById("state");
const words = document.getElementById("words");

// The browser connects again by itself, and says what it had heard last.
const events = new EventSource("/chat/events");
events.onopen = () => { state.textContent = "connected"; };
events.onerror = () => { state.textContent = "not connected"; };
events.onmessage = (event) => {
  const line = document.createElement("li");
  line.textContent = event.data;  // text, never HTML
  lines.append(line);
};

document.getElementById("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const line = document.getElementById("name").value + ": " + words.value;
  const answer = await fetch("/chat", { method: "POST", headers: { "Content-Type": "text/plain" }, body: line });
  if (answer.ok) words.value = "";
  else state.textContent = "that was not taken: " + answer.status;
});
