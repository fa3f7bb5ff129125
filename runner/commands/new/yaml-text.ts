/** A text as a value in YAML, plain where that is safe; a dollar is doubled, for `$name` stands for a value. */
export function scalar(text: string): string {
  const escaped = text.replaceAll('$', '$$$$')
  return /^(?:\d+ )?[A-Za-z][\w ./-]*$/.test(escaped) && !/^(true|false|null|yes|no|on|off)$/i.test(escaped)
    ? escaped
    : JSON.stringify(escaped)
}

/** A duration as scenarios write it: `5s`, `1500ms`. */
export function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.round(ms)}ms`
}
