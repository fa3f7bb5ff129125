import { UsageError } from '../../base/errors.ts'
import { PlatformError } from '../../platforms/errors.ts'
import type { Platform } from '../../platforms/platform.ts'
import { type GuestImage, guestImages } from '../../scenario/guest-images.ts'
import type { Scenario } from '../../scenario/model.ts'
import { unmetRequirement } from '../../scenario/requires.ts'

/** Who is told how it goes, and may interrupt it. */
interface Tools {
  say(text: string): void
  signal: AbortSignal
}

/**
 * Opens platforms that have all that scenarios run beside their servers. `choose` is given whom to tell which was chosen,
 * and why. Throws UsageError as `haveGuestImages`, and says why it was that platform.
 */
export async function openPlatformsFor(
  scenarios: readonly Scenario[],
  choose: (note: (text: string) => void) => Promise<Platform[]>,
  tools: Tools,
): Promise<Platform[]> {
  const notes: string[] = []
  const platforms = await choose((text) => notes.push(text))
  try {
    await haveGuestImages(scenarios, platforms, tools)
    return platforms
  } catch (error) {
    for (const note of notes) tools.say(note)
    await Promise.all(platforms.map((platform) => platform.close()))
    throw error
  }
}

/**
 * Makes the images ready that scenarios run beside their servers, before anything is made of a run. Throws UsageError for
 * one that cannot be run on one of the platforms that its scenario would be played on.
 */
export async function haveGuestImages(
  scenarios: readonly Scenario[],
  platforms: readonly Platform[],
  tools: Tools,
): Promise<void> {
  for (const platform of platforms) {
    const ready = new Set<string>()
    for (const scenario of scenarios) {
      if (unmetRequirement(scenario.requires, { platform: platform.kind }) !== undefined) continue
      for (const guest of guestImages(scenario)) {
        if (!ready.has(guest.image)) await haveImage(scenario, guest, platform, tools)
        ready.add(guest.image)
      }
    }
  }
}

async function haveImage(
  { id }: Scenario,
  { image, what }: GuestImage,
  platform: Platform,
  tools: Tools,
): Promise<void> {
  if (platform.prepareGuest === undefined) {
    throw new UsageError(
      `${what} in ${id} is image ${image}, which can be run on Docker alone, and the servers would be processes of this machine`,
      {
        hint: 'play it with `--platform docker`, which needs a Docker engine on this machine; with `requires: { platform: docker }` it is skipped elsewhere',
      },
    )
  }
  try {
    await platform.prepareGuest(image, tools.say, tools.signal)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    throw new UsageError(`${what} in ${id} cannot be run: ${withImage(error.message, image)}`, {
      hint: error.hint,
      cause: error,
    })
  }
}

/** What is wrong with the engine says nothing of what it is wanted for. */
function withImage(text: string, image: string): string {
  return text.includes(image) ? text : `image ${image} needs a Docker engine, and ${text}`
}
