import { homedir, tmpdir, userInfo } from 'node:os'

/*
 * A container may run as any number, which no entry of /etc/passwd then describes: what asks for that entry throws.
 */

/** The number of this user; -1 on systems that have none. */
export function userId(): number {
  return process.getuid?.() ?? -1
}

/** `anna`, or `65533` for a user without a name. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(userId())
  }
}

/** The home of this user; the folder for temporary files for one who has none. */
export function homeFolder(): string {
  try {
    return homedir()
  } catch {
    return tmpdir()
  }
}
