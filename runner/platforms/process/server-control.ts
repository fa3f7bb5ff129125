import { type ServerControl, UnsupportedFault } from '../faults.ts'

/** Faults of single processes. */
export class ProcessServerControl implements ServerControl {
  async limit(): Promise<void> {
    throw new UnsupportedFault('a limit of resources', 'this platform has none')
  }

  async limitsInWords(): Promise<string> {
    throw new UnsupportedFault('a limit of resources', 'this platform has none')
  }

  async wipeData(): Promise<string[]> {
    throw new UnsupportedFault('wiping data', 'this platform cannot')
  }

  async setClock(): Promise<void> {
    throw new UnsupportedFault('a clock that is off', 'this platform has none')
  }

  async obstruct(): Promise<void> {
    throw new UnsupportedFault('a file that cannot be written', 'this platform has none')
  }
}
