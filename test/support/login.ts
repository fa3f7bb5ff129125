import type { RunnerUsers } from '../../runner/platforms/users.ts'

/** How the runner logs in at one server. */
export interface Login extends Omit<RunnerUsers, 'passwords'> {
  password: string
}

export function loginAt({ passwords, ...users }: RunnerUsers, node = 'redis-node0'): Login {
  return { ...users, password: passwords[node] ?? '' }
}
