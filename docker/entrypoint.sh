#!/bin/sh
# Writes the node's configuration and becomes the server, so that the server is PID 1 and gets SIGTERM itself.
# Builtins only: the base image may contain nothing but the server and this shell.
#
#   NODE_PORT       port for clients (the cluster bus is 10000 above it)
#   NODE_ADDRESS    address on the run's network; apart from 127.0.0.1 the only one the server listens on
#   /node/password  the cluster's password, one line
#   /node/settings  users, and settings of the run, as lines of redis.conf; may be missing
set -eu
umask 077

fail() {
  printf 'entrypoint: %s\n' "$1" >&2
  exit 78
}

# Sets REPLY to $1 as one word of redis.conf: quoted, with quotes and backslashes escaped.
quote() {
  rest=$1 REPLY=
  while [ -n "$rest" ]; do
    head=${rest%%[\"\\]*}
    REPLY=$REPLY$head
    rest=${rest#"$head"}
    [ -n "$rest" ] || break
    tail=${rest#?}
    REPLY=$REPLY\\${rest%"$tail"}
    rest=$tail
  done
  REPLY=\"$REPLY\"
}

case ${NODE_PORT-} in '' | *[!0-9]*) fail "NODE_PORT must be a port number, not '${NODE_PORT-}'" ;; esac
[ -n "${NODE_ADDRESS-}" ] || fail 'NODE_ADDRESS must be the address on the network of the cluster'
[ -r /node/password ] || fail 'the password is missing: expected it in the file /node/password'
IFS= read -r password </node/password || [ -n "$password" ] || fail 'the password in /node/password is empty'
quote "$password"
password=$REPLY

while IFS= read -r line || [ -n "$line" ]; do
  case $line in
    '#'*) continue ;;
    *@PORT@*) line=${line%%@PORT@*}$NODE_PORT${line#*@PORT@} ;;
    *@BIND@*) line="${line%%@BIND@*}$NODE_ADDRESS 127.0.0.1${line#*@BIND@}" ;;
    *@PASSWORD@*) line=${line%%@PASSWORD@*}$password${line#*@PASSWORD@} ;;
  esac
  printf '%s\n' "$line"
done </node/redis.conf >/node/server.conf

if [ -r /node/settings ]; then
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line"
  done </node/settings >>/node/server.conf
fi

unset password REPLY rest head tail line
exec "$SERVER" /node/server.conf
