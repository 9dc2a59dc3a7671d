import { hostname } from 'node:os';
import { defineSystem } from '../../core/system.ts';
import { freeDisk } from './actions/free-disk.ts';
import { raiseDescriptorLimit } from './actions/raise-descriptor-limit.ts';
import { renice } from './actions/renice.ts';
import { rotateLogs } from './actions/rotate-logs.ts';
import { files } from './backups/files.ts';
import { hostConfig } from './config.ts';
import { connect } from './connection.ts';
import { busyProcess } from './diagnoses/busy-process.ts';
import { diskFailure } from './diagnoses/disk-failure.ts';
import { diskFilling } from './diagnoses/disk-filling.ts';
import { diskShort } from './diagnoses/disk-short.ts';
import { exposed } from './diagnoses/exposed.ts';
import { failedUnit } from './diagnoses/failed-unit.ts';
import { ioHog } from './diagnoses/io-hog.ts';
import { limitHolder } from './diagnoses/limit-holder.ts';
import { clockSkew, packetLoss, portsExhausted } from './diagnoses/network-trouble.ts';
import { outOfMemory } from './diagnoses/out-of-memory.ts';
import { outdated } from './diagnoses/outdated.ts';
import { clock } from './probes/clock.ts';
import { configuration } from './probes/configuration.ts';
import { cpu } from './probes/cpu.ts';
import { devices } from './probes/devices.ts';
import { disk } from './probes/disk.ts';
import { diskHealth } from './probes/disk-health.ts';
import { exposure } from './probes/exposure.ts';
import { heldLimits } from './probes/held-limits.ts';
import { limits } from './probes/limits.ts';
import { memory } from './probes/memory.ts';
import { network } from './probes/network.ts';
import { pressure } from './probes/pressure.ts';
import { units } from './probes/units.ts';
import { updates } from './probes/updates.ts';

export const host = defineSystem({
  kind: 'host',
  summary: 'This machine: CPU, memory, disks, network, pressure, clock, limits',
  isMachine: true,
  config: hostConfig,
  connect: (config) => connect(config),
  close: async () => {},
  address: () => hostname(),
  probes: [
    cpu,
    memory,
    disk,
    devices,
    diskHealth,
    pressure,
    network,
    clock,
    limits,
    heldLimits,
    units,
    updates,
    exposure,
    configuration,
  ],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [
    busyProcess,
    diskFilling,
    diskShort,
    portsExhausted,
    packetLoss,
    clockSkew,
    outOfMemory,
    ioHog,
    diskFailure,
    limitHolder,
    failedUnit,
    outdated,
    exposed,
  ],
  actions: [freeDisk, rotateLogs, renice, raiseDescriptorLimit],
  engines: [files],
  async discover() {
    if (process.platform !== 'linux') return [];
    return [{ name: 'host', system: 'host', config: {}, found: `this machine, ${hostname()}` }];
  },
});
