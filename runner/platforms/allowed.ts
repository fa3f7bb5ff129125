/**
 * What whoever starts a run allows its scenarios beyond the policy (`--allow`): settings in lower case, commands in
 * upper case. A scenario itself cannot allow anything.
 */
export type Allowed = ReadonlySet<string>

export const NOTHING_ALLOWED: Allowed = new Set()

/** The end of a refusal. */
export function howToAllow(name: string): string {
  return `whoever starts the run can allow it with \`--allow ${name}\``
}
