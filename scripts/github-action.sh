#!/usr/bin/env bash
# What action.yml runs. Inputs come in CHAOS_… variables and go on as words of their own, whatever they hold.
set -euo pipefail

refuse() {
  echo "redis-chaos: $1" >&2
  exit 2
}

case $CHAOS_COMMAND in run | nightly) ;; *) refuse 'the command is run or nightly' ;; esac
cd -- "$CHAOS_FOLDER"

flags=(--reporter console,github "--reports=$CHAOS_REPORTS")
if [ -n "$CHAOS_SERVER" ]; then flags+=("--server=$CHAOS_SERVER"); fi
if [ -n "$CHAOS_PLATFORM" ]; then flags+=("--platform=$CHAOS_PLATFORM"); fi
while IFS= read -r line; do
  case $line in
    '') ;;
    -*) flags+=("$line") ;;
    *) refuse 'args takes flags, one a line, each as --flag=value' ;;
  esac
done <<<"$CHAOS_ARGS"

# What follows `--` is never taken for a flag.
names=(--)
if [ "$CHAOS_COMMAND" = run ]; then
  while IFS= read -r line; do
    if [ -n "$line" ]; then names+=("$line"); fi
  done <<<"$CHAOS_SCENARIOS"
fi

if [ -n "$CHAOS_VERSION" ]; then
  # npm takes much else for a version: a folder, an address, another package.
  [[ $CHAOS_VERSION =~ ^[0-9A-Za-z][0-9A-Za-z.+-]*$ ]] || refuse 'the version is a version or a tag of npm: 0.1.0, latest'
  home=$RUNNER_TEMP/redis-chaos
  npm install --no-audit --no-fund --no-save --prefix "$home" "redis-chaos@$CHAOS_VERSION" >&2
  program=$home/node_modules/redis-chaos
elif [ -e node_modules/redis-chaos/bin/redis-chaos.js ]; then
  program=node_modules/redis-chaos
else
  (cd -- "$GITHUB_ACTION_PATH" && npm ci --no-audit --no-fund >&2)
  program=$GITHUB_ACTION_PATH
fi

code=0
node "$program/bin/redis-chaos.js" "$CHAOS_COMMAND" "${flags[@]}" "${names[@]}" || code=$?
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
if [ -d "$CHAOS_REPORTS" ]; then echo "reports=$(cd -- "$CHAOS_REPORTS" && pwd)" >>"$GITHUB_OUTPUT"; fi
exit "$code"
