# shellcheck shell=bash
# For the scripts beside it. `check NAME COMMAND...` runs a command, and shows what it printed if it fails.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

failed=0
check() {
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    printf 'ok: %s\n' "$name"
  else
    failed=$((failed + 1))
    cat "$work/out"
    printf 'FAILED: %s\n' "$name"
  fi
}
