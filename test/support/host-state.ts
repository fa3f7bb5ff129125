import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a machine has that a fault may leave behind, a line each. */
export type HostState = ReadonlySet<string>

/** Rules of the packet filter, mounts, control groups, loop devices and network interfaces. Linux alone, as root. */
export function hostState(): HostState {
  return new Set([...filterRules(), ...mounts(), ...controlGroups(), ...loopDevices(), ...interfaces()])
}

/** What has come and what has gone between two looks. */
export function changesBetween(before: HostState, after: HostState): string[] {
  return [
    ...[...after].filter((line) => !before.has(line)).map((line) => `new: ${line}`),
    ...[...before].filter((line) => !after.has(line)).map((line) => `gone: ${line}`),
  ]
}

/** Without what they have counted, and when. */
function filterRules(): string[] {
  return said('iptables-save')
    .filter((line) => !line.startsWith('#'))
    .map((line) => `rule ${line.replace(/ \[\d+:\d+\]$/, '')}`)
}

/** Without the numbers that the kernel gives them (proc(5), mountinfo). */
function mounts(): string[] {
  return read('/proc/self/mountinfo').map((line) => `mount ${line.split(' ').slice(3).join(' ')}`)
}

function controlGroups(): string[] {
  const folders = (path: string): string[] =>
    quietly(() => readdirSync(path, { withFileTypes: true }), [])
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => [join(path, name), ...folders(join(path, name))])
  return folders('/sys/fs/cgroup').map((path) => `control group ${path}`)
}

function loopDevices(): string[] {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .flatMap((name) =>
      read(join('/sys/block', name, 'loop/backing_file')).map((file) => `loop device ${name} on ${file}`),
    )
}

function interfaces(): string[] {
  return readdirSync('/sys/class/net').map((name) => `interface ${name}`)
}

function read(file: string): string[] {
  return linesOf(quietly(() => readFileSync(file, 'utf8'), ''))
}

/** Nothing where the program is missing. */
function said(program: string): string[] {
  return linesOf(quietly(() => execFileSync(program, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), ''))
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

/** What is looked at may go meanwhile. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}
