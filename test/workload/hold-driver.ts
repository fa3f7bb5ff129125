// Holds the load of a driver that does not obey, until it is killed: `hold-driver.ts FOLDER MARK MANNER`.
import { DriverLoad, fakeDriver } from '../support/driver-load.ts'

const [folder = '', mark = '', manner = 'deaf'] = process.argv.slice(2)
const load = new DriverLoad(folder, fakeDriver(manner, mark))
await load.open()
process.stdout.write('open\n')
setInterval(() => undefined, 1000)
