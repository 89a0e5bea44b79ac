/**
 * A real amuled in a folder of its own, for tests. It must run in a network namespace: it refuses 127/8, and nothing keeps it
 * from the internet but the lack of a route.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Amuled {
  /** Finished downloads, and what it shares. */
  readonly incoming: string;
  /** Where it takes links from, once it runs. */
  addLink(link: string): Promise<void>;
  /** The end of its log, for messages. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * @param folder empty
 * @param address IPv4 address that it listens on and dials from
 * @param port its TCP port
 * @param server login server that it connects to
 */
export async function prepareAmuled(
  folder: string,
  address: string,
  port: number,
  server: { host: string; port: number } | undefined,
): Promise<{ incoming: string; start(): Amuled }> {
  const incoming = join(folder, 'Incoming');
  await mkdir(incoming, { recursive: true });
  await mkdir(join(folder, 'Temp'), { recursive: true });
  await writeFile(join(folder, 'amule.conf'), configuration(folder, address, port));
  if (server) await writeFile(join(folder, 'server.met'), serverList(server.host, server.port));
  return { incoming, start: () => run(folder, incoming) };
}

function run(folder: string, incoming: string): Amuled {
  const child = spawn('amuled', ['-c', folder, '-o'], {
    env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C' },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  return {
    incoming,
    addLink: (link) => writeFile(join(folder, 'ED2KLinks'), `${link}\n`),
    log: async () =>
      (await readFile(join(folder, 'logfile'), 'utf8').catch(() => '')).split('\n').slice(-12).join('\n'),
    async stop() {
      // Its orderly end takes seconds and nothing of it is kept.
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Everything that would leave the machine is off; addresses of private networks are let in. Without remote control it
 * does not run. With uploads "unlimited" (0) it begins at 5 kB/s and rises slowly, so there is a limit that is none. */
function configuration(folder: string, address: string, port: number): string {
  return `[eMule]
AppVersion=2.3.3
Nick=interop
Address=${address}
Port=${port}
UDPEnable=0
Autoconnect=1
Reconnect=1
ConnectToKad=0
ConnectToED2K=1
Serverlist=0
AddServerListFromServer=0
AddServerListFromClient=0
SafeServerConnect=0
SmartIdCheck=0
FilterLanIPs=0
ParanoidFiltering=0
IPFilterAutoLoad=0
IPFilterURL=
NewVersionCheck=0
GeoIPEnabled=0
UPnPEnabled=0
MaxDownload=0
MaxUpload=60000
CheckDiskspace=0
MaxConnections=500
MaxConnectionsPerFiveSeconds=50
TempDir=${join(folder, 'Temp')}
IncomingDir=${incomingOf(folder)}
OSDirectory=${folder}
[ExternalConnect]
AcceptExternalConnections=1
ECAddress=127.0.0.1
ECPort=${port + 1}
ECPassword=${createHash('md5').update(randomUUID()).digest('hex')}
UseSecIdent=0
IpFilterClients=0
IpFilterServers=0
[Obfuscation]
IsClientCryptLayerSupported=0
IsCryptLayerRequested=0
IsClientCryptLayerRequired=0
[WebServer]
Enabled=0
`;
}

const incomingOf = (folder: string) => join(folder, 'Incoming');

/** server.met: version, count, then address, port and number of tags of each. */
function serverList(host: string, port: number): Buffer {
  const list = Buffer.alloc(15);
  list[0] = 0x0e;
  list.writeUInt32LE(1, 1);
  Buffer.from(host.split('.').map(Number)).copy(list, 5);
  list.writeUInt16LE(port, 9);
  return list;
}
