/** Quoted for a POSIX shell, if it must be: the command is printed for people to paste. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_=.,:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
