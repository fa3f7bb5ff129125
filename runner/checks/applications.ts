import type { Evidence } from './evidence.ts'

/** Whether a workload is HTTP requests to an application: what is read back, too, comes through that. */
export function isApplication({ history }: Pick<Evidence, 'history'>): boolean {
  return history.options.type === 'http'
}
