/** What stands in place of a secret. */
export const REDACTED = '***'

/** Puts `***` in place of secrets in every string of a JSON value; what cannot be JSON is left out, as JSON does. */
export type Redact = <T>(value: T) => T

const SECRET_NAME = /pass(word|phrase)?|secret|token|credential|api_?key/i
/** Hiding a shorter text would hide half of every report with it. */
export const SHORTEST_SECRET = 4

/** Whether the name of a param tells that its value is a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** The values of params that their names tell to be secrets: `password`, `api_token`, …, and of those in `given`; of 4 characters or more. */
export function secretsAmong(params: Readonly<Record<string, unknown>>, given: readonly string[] = []): string[] {
  return Object.entries(params)
    .filter(([name]) => isSecretName(name) || given.includes(name))
    .filter(([, value]) => String(value).length >= SHORTEST_SECRET)
    .map(([, value]) => String(value))
}

/**
 * Makes the function that hides `secrets` (empty ones are ignored) in JSON values: in strings at any depth, also where
 * a secret stands as JSON or a URL would spell it. Keys stay as they are. `keep` names strings to leave alone: the
 * fixed words of a format, which a short secret such as `pass` must not break.
 */
export function redactor(
  secrets: readonly string[],
  keep: (key: string, text: string) => boolean = () => false,
): Redact {
  const spellings = new Set(secrets.filter((secret) => secret !== '').flatMap(spellingsOf))
  // The longest first: a secret that contains another must not leave its rest behind.
  const ordered = [...spellings].sort((a, b) => b.length - a.length)
  const hide = (text: string) => ordered.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text)
  return <T>(value: T): T => {
    const json = JSON.stringify(value, (key, item: unknown) => {
      if (typeof item === 'bigint') return hide(String(item))
      return typeof item === 'string' && !keep(key, item) ? hide(item) : item
    })
    return json === undefined ? value : JSON.parse(json)
  }
}

function spellingsOf(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(Buffer.from(secret).toString())]
}
