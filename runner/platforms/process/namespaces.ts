/** How this user makes a namespace of mounts: the options of `unshare`, and those of `nsenter` to get into it. */
export interface Namespaces {
  unshare: string[]
  enter: string[]
}

export const AS_ROOT: Namespaces = { unshare: ['--mount'], enter: ['--mount'] }

/** Root in a namespace of users, and only there. */
export const AS_USER: Namespaces = {
  unshare: ['--user', '--map-root-user', '--mount'],
  enter: ['--user', '--mount', '--preserve-credentials'],
}
