export const SHELLS = ['bash', 'zsh', 'fish'] as const

type Shell = (typeof SHELLS)[number]

/**
 * Each hands the line up to the cursor to `redis-chaos complete`, which answers with a word a line, a tab and what it
 * means behind it; where nothing is answered, files are completed. A clone's program is called by its file.
 */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  // A colon or an equals sign ends a word of bash: what stands before it is not to be inserted again.
  bash: `_redis_chaos() {
  local line="\${COMP_LINE:0:COMP_POINT}" word reply
  COMPREPLY=()
  while IFS= read -r reply; do
    printf -v reply %q "\${reply%%$'\\t'*}"
    COMPREPLY+=("$reply")
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" complete -- "$line" 2>/dev/null)
  word="\${line##* }"
  if [[ $word == *[:=]* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${word%"\${word##*[:=]}"}"}")
  fi
}
complete -o default -F _redis_chaos redis-chaos redis-chaos.js`,

  zsh: `_redis_chaos() {
  local -a replies found shown
  local reply
  replies=("\${(@f)$("\${~words[1]}" complete -- "\${(j: :)words[1,CURRENT]}" 2>/dev/null)}")
  for reply in $replies; do
    found+=("\${reply%%$'\\t'*}")
    shown+=("\${reply/$'\\t'/  }")
  done
  if (( \${#found} )); then compadd -l -d shown -a found; else _files; fi
}
compdef _redis_chaos redis-chaos redis-chaos.js`,

  fish: `function __redis_chaos_complete
    set -l words (commandline -opc)
    set -l found (eval $words[1] complete -- (string escape -- (commandline -cp)) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c redis-chaos -f -a '(__redis_chaos_complete)'
complete -c redis-chaos.js -f -a '(__redis_chaos_complete)'`,
}

export function scriptFor(shell: Shell): string {
  return SCRIPTS[shell]
}
