export interface CephPlace {
  directory: string;
  fsid: string;
  monitorPort: number;
  /** Of S3. */
  port: number;
}

/** A Ceph of one of each, all on loopback, whose only disk is memory. */
export function cephConfig({ directory, fsid, monitorPort, port }: CephPlace): string {
  return `
[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${monitorPort}]
mon initial members = a
keyring = ${directory}/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
run dir = ${directory}
admin socket = ${directory}/$name.$pid.asok
log file = /dev/null
log to stderr = false
err to stderr = true
mon data = ${directory}/mon
mon data avail crit = 1
mon data avail warn = 1
mon allow pool size one = true
# Pools are made one after the other: without these a second for each step.
paxos propose interval = 0.02
paxos min wait = 0.005
osd data = ${directory}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw data = ${directory}/rgw
rgw run sync thread = false
rgw dynamic resharding = false
# So that a test sees more than one page.
rgw max listing results = 20
`;
}
