import { messageOf } from '../base/errors.ts'
import { EXIT } from '../base/exit.ts'

/** What a program may still have to close when its work is done, ms. */
const CLOSING_MS = 5_000

/** What Node gives where nothing is left to do, and the work still waits (process.md, "Exit codes"). */
const UNSETTLED = 13

/**
 * Watches over the end of the program, from its beginning; what it returns is to be called with the exit code when all
 * is done. A module of somebody's own (a reporter) may leave a timer or a connection behind, fail when its work is
 * over, or end the program itself: that must neither keep a night from ending nor pass for a verdict. What is still
 * open after 5 s is named to `say`, and left.
 */
export function watchEnd(say: (text: string) => void): (exitCode: number) => void {
  let decided: number | undefined
  process.on('exit', (code) => {
    if (decided !== undefined) {
      process.exitCode = decided
    } else if (code === EXIT.passed || code === UNSETTLED) {
      say('The program was ended before its work was done: this is no verdict.')
      process.exitCode = EXIT.bug
    }
  })
  return (exitCode) => {
    decided = exitCode
    process.on('uncaughtException', (error) => {
      say(`Something failed when all was done: ${messageOf(error)}`)
      process.exit()
    })
    // What keeps no program alive fires only where something else does.
    setTimeout(() => {
      const open = [...new Set(process.getActiveResourcesInfo())].join(', ')
      say(`All is done, but something is still open after ${CLOSING_MS / 1000} s: ${open}. Leaving.`)
      process.exit()
    }, CLOSING_MS).unref()
  }
}
