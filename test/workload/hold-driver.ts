// Holds the load of a driver that does not obey, until it is killed: `hold-driver.ts FOLDER MARK`.
import { DriverLoad, fakeDriver } from '../support/driver-load.ts'

const [folder = '', mark = ''] = process.argv.slice(2)
const load = new DriverLoad(folder, fakeDriver('deaf', mark))
await load.open()
process.stdout.write('open\n')
setInterval(() => undefined, 1000)
