import { UsageError } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'
import { checkUp } from '../doctor/checkup.ts'
import { type Environment, localEnvironment } from '../doctor/environment.ts'
import type { Finding } from '../doctor/finding.ts'
import type { Platform } from '../platforms/platform.ts'
import { outputStyle } from '../report/style.ts'
import { DEFAULT_NAME_PREFIX, DEFAULT_PORT_BASE } from './cluster-flags.ts'
import type { Command } from './command.ts'
import { isFit, renderFindings, renderJson } from './doctor/render.ts'
import { openEveryPlatform } from './open-platform.ts'
import { projectRoot, reportsFolder } from './project.ts'

export const doctor: Command = {
  usage: 'doctor [--json]',
  details: [
    '  ok        it is there, and works',
    '  degraded  something else stands in for it',
    '  missing   nothing does; the exit code is 3',
  ],
  flags: { json: { type: 'boolean', help: 'print { ok, findings: [{ area, subject, state, text, remedy? }] }' } },
  async run(line, { out, signal }) {
    if (line.positionals.length > 0) throw new UsageError('doctor takes no names')
    const platforms = await openEveryPlatform()
    const findings = await findingsOf(platforms, signal)
    out.print(
      line.on('json') ? renderJson(findings) : renderFindings(findings, outputStyle(process.stdout, process.env)),
    )
    return isFit(findings) ? EXIT.passed : EXIT.noVerdict
  },
}

async function findingsOf(platforms: readonly Platform[], signal: AbortSignal): Promise<Finding[]> {
  try {
    return await checkUp(await environmentFor(platforms), { signal })
  } finally {
    await Promise.all(platforms.map((platform) => platform.close()))
  }
}

function environmentFor(platforms: readonly Platform[]): Promise<Environment> {
  return localEnvironment(projectRoot, {
    reports: reportsFolder,
    portBase: DEFAULT_PORT_BASE,
    namePrefix: DEFAULT_NAME_PREFIX,
    platforms: platforms.map((platform) => ({
      name: platform.kind === 'docker' ? 'Docker' : 'processes',
      faultSupport: (signal) => platform.faultSupport(signal),
    })),
  })
}
