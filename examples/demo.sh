#!/bin/sh
# stls at work: a real file over verified TLS, a session resumed, four servers that are rightly refused, and a client
# and a server on coroutines.
#
#   examples/demo.sh BUILD_DIR [--engine NAME]
#
# Everything happens on the loopback interface and in a temporary directory, with certificates made for the
# occasion. Exit status: 0, all went as this script says it must; 1, something did not; 2, wrong usage.
set -eu
export LC_ALL=C
unset SSL_CERT_FILE SSL_CERT_DIR

usage() {
  echo "usage: $0 BUILD_DIR [--engine NAME]" >&2
  exit 2
}

mebibytes=64
build='' engine=''
while [ $# != 0 ]; do
  case $1 in
    --engine) [ $# -ge 2 ] || usage && engine=$2 && shift ;;
    -*) usage ;;
    *) [ -z "$build" ] || usage && build=$1 ;;
  esac
  shift
done
[ -n "$build" ] || usage

bold='' green='' red='' dim='' plain=''
if [ -t 1 ]; then
  bold=$(printf '\033[1m') green=$(printf '\033[32m') red=$(printf '\033[31m') dim=$(printf '\033[2m')
  plain=$(printf '\033[0m')
fi

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
good() { printf '  %sok%s  %s\n' "$green" "$plain" "$*"; }

die() {
  printf '  %sFAILED%s  %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# built NAME: where the build put a program.
built() {
  for place in "$build/examples/$1" "$build/tools/$1" "$build/$1"; do
    [ ! -x "$place" ] || { echo "$place" && return; }
  done
  echo "demo.sh: no program '$1' under '$build'; build it first" >&2
  return 1
}

# What an engine cannot do it is not asked to, but to refuse it.
newest=1.3 versions='1.3 1.2'
case ${engine:-${STLS_ENGINE-}} in bearssl) newest=1.2 versions=1.2 ;; esac

make_pki=$(built make_pki)
file_server=$(built file_server)
file_client=$(built file_client)
poll_client=$(built poll_client)

server='' work=''

stop_server() {
  [ -n "$server" ] || return 0
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=''
}

clean_up() {
  stop_server
  [ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

work=$(mktemp -d)
mkfifo "$work/port"
mkdir "$work/served"

# start COMMAND...: sets $server and $port. A server prints its port once it listens; if it dies before that, there
# is no line.
start() {
  stop_server
  "$@" >"$work/port" 2>"$work/server.log" &
  server=$!
  line=$(timeout 20 head -n 1 "$work/port") || line=''
  port=${line##* }
  [ -n "$port" ] || die "the server did not start: $(cat "$work/server.log")"
}

# start_server CERTIFICATE
start_server() {
  start "$file_server" --cert "$work/pki/$1.pem" --key "$work/pki/$1.key" ${engine:+--engine "$engine"} "$work/served"
}

sha256() { sha256sum <"$1" | cut -d ' ' -f 1; }
milliseconds() { date +%s%3N; }

# client PROGRAM [OPTIONS]: asks the server for the file, at an address that needs no resolver, under its name.
client() {
  program=$1
  shift
  "$program" --ca "$work/pki/ca.pem" --servername localhost ${engine:+--engine "$engine"} \
    --output "$work/copy.bin" "$@" 127.0.0.1 "$port" file.bin 2>"$work/report"
}

# fetch PROGRAM WHAT [OPTIONS]: fetches the file, and compares it with what is served.
fetch() {
  by=$1 what=$2
  shift 2
  from=$(milliseconds)
  client "$by" --verbose "$@" || die "$what: $(cat "$work/report")"
  took=$(($(milliseconds) - from))
  [ "$(sha256 "$work/copy.bin")" = "$digest" ] || die "$what: the copy differs from the original"
  rm "$work/copy.bin"
  good "$what: the copy has the same SHA-256, after $took ms"
}

# agreed NAME VALUE: the last fetch's table says so.
agreed() {
  value=$(sed -n "s/^  $1  *//p" "$work/report")
  [ "$value" = "$2" ] || die "$1 is '$value', and should be '$2'"
}

# refused WHY CERTIFICATE SENTENCE [OPTIONS]: a server with this certificate gets nothing but this sentence.
refused() {
  why=$1 sentence=$3
  start_server "$2"
  shift 3
  status=0
  client "$file_client" "$@" || status=$?
  said=$(cat "$work/report")
  [ "$status" = 1 ] || die "$why: the exit status is $status, and should be 1; it said: $said"
  [ "$said" = "file_client: $sentence" ] || die "$why: it said '$said', and should say 'file_client: $sentence'"
  [ ! -e "$work/copy.bin" ] || die "$why: something was fetched all the same"
  good "$why: refused"
  say "    $dim$said$plain"
}

title "A throw-away certificate authority, and a real file"
"$make_pki" --demo "$work/pki" >"$work/pki.log" 2>&1 || die "make_pki: $(cat "$work/pki.log")"
head -c $((mebibytes * 1024 * 1024)) /dev/urandom >"$work/served/file.bin"
digest=$(sha256 "$work/served/file.bin")
say "file.bin: $mebibytes MiB of random bytes, SHA-256 $(printf '%.16s' "$digest")..."

title "The file crosses loopback, from one process to another"
start_server server
say "file_server listens on port $port"
for version in $versions; do
  fetch "$file_client" "file_client, blocking, TLS $version" --protocols "tlsv$version"
  agreed version "TLSv$version"
  agreed alpn file/1
  agreed 'server name' localhost
  agreed peer /CN=localhost
  [ "$version" != $newest ] || mv "$work/report" "$work/table"
  fetch "$poll_client" "poll_client, non-blocking, TLS $version" --protocols "tlsv$version"
  agreed version "TLSv$version"
done

title "What client and server had agreed on, the first time"
cat "$work/table"

title "The clients come again, and resume what was agreed on"
for version in $versions; do
  set -- --protocols "tlsv$version" --session "$work/session-$version"
  fetch "$file_client" "file_client, TLS $version, full handshake" "$@"
  agreed resumed no
  fetch "$poll_client" "poll_client, TLS $version, with that session" "$@"
  agreed resumed yes
  [ "$version" != $newest ] || mv "$work/report" "$work/table"
done
cat "$work/table"

title "Servers that must not be trusted"
refused "a certificate for another name" wrong-name \
  "name \`localhost' not present in server certificate"
refused "a certificate from an authority unknown to the client" untrusted \
  "certificate verification failed: unable to get local issuer certificate"
refused "a certificate of last year" expired \
  "certificate verification failed: certificate has expired"
revoked='certificate verification failed: certificate revoked'
[ $newest = 1.3 ] || revoked="crl: not supported by engine 'bearssl'"
refused "a certificate that its authority has revoked" revoked "$revoked" --crl "$work/pki/crl.pem"

title "Client and server on coroutines"
if [ -x "$build/examples/echo_server" ]; then
  [ -z "$engine" ] || export STLS_ENGINE="$engine"   # these have no option for it
  secure_client=$(built secure_client)
  start "$(built echo_server)" 127.0.0.1 0 "$work/pki/server.pem" "$work/pki/server.key"
  say "echo_server listens on port $port"
  question='is anybody there?'
  answer=$("$secure_client" 127.0.0.1 "$port" "$question" "$work/pki/ca.pem" 2>"$work/report") ||
    die "secure_client: $(cat "$work/report")"
  [ "$answer" = "$question" ] || die "secure_client: the answer is '$answer', and should be '$question'"
  good "secure_client: \"$answer\" came back"
  ! "$secure_client" 127.0.0.1 "$port" "$question" "$work/pki/ca2.pem" >"$work/answer" 2>"$work/report" ||
    die "secure_client took a server that it must not trust"
  said=$(cat "$work/report")
  [ "$said" = "secure_client: certificate verification failed: unable to get local issuer certificate" ] ||
    die "secure_client said '$said'"
  good "secure_client, with the roots of somebody else: refused"
  say "    $dim$said$plain"
  kill -TERM "$server"
  wait "$server" || die "echo_server did not end as it should: $(cat "$work/server.log")"
  server=''
  good "echo_server: ended when it was asked to"
else
  say "left out: this build has no coroutine sockets; its configuration says why"
fi

title "${green}All of it went as it must.$plain"
