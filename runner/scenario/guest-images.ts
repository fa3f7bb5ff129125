import type { Scenario } from './model.ts'

/** An image that is run in a container beside the servers of a scenario. */
export interface GuestImage {
  image: string
  /** `the client of checkout`. */
  what: string
}

/** All that a scenario runs, in its order. */
export function guestImages({ workloads, apps }: Pick<Scenario, 'workloads' | 'apps'>): GuestImage[] {
  return [
    ...workloads.flatMap(({ name, options: { driver } }) =>
      driver && 'image' in driver ? [{ image: driver.image, what: `the client of ${name}` }] : [],
    ),
    ...apps.flatMap(({ name, plan }) =>
      'image' in plan ? [{ image: plan.image, what: `the application ${name}` }] : [],
    ),
  ]
}
