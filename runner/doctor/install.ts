import type { Machine } from './machine.ts'

/** The command that installs a package, named as Debian names it; a sentence where the command is not known. */
export async function installCommand(machine: Machine, debianPackage: string): Promise<string> {
  if (!(await machine.find('apt-get'))) return `install ${debianPackage}, or what this system calls it`
  return `${machine.root ? '' : 'sudo '}apt-get install ${debianPackage}`
}
