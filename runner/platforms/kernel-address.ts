/**
 * An IPv4 address as the tables of /proc/net write it: in the byte order of the machine, which is little-endian wherever
 * Node runs but on s390x.
 */
export function kernelAddress(host: string): string {
  const bytes = host.split('.').map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
  return (process.arch === 's390x' ? bytes : bytes.reverse()).join('')
}
