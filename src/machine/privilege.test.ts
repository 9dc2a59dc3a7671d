import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrivilege, privilegeRemedy } from './privilege.ts';

const status = (uid: number, effective: string) =>
  `Name:\tnode\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nCapEff:\t${effective}\n`;
const everything = '000001ffffffffff';
const docker = '00000000a80425fb';
const whole = '         0          0 4294967295\n';
const lent = '         0     100000      65536\n';
const ordinary = 'run Upkeep as root or with CAP_SYS_PTRACE';
const remedyFor = (text: string, map: string, isContainer: boolean) =>
  privilegeRemedy(parsePrivilege(text, map, isContainer), 'CAP_SYS_PTRACE', ordinary);

test('whoever lacks a privilege is told how to get it', () => {
  assert.equal(remedyFor(status(1000, '0'), whole, false), ordinary);
  assert.equal(remedyFor(status(1000, '0'), whole, true), ordinary);
});

test('root is never told to run as root: what took the privilege away is named', () => {
  const inDocker = remedyFor(status(0, docker), whole, true);
  assert.match(inDocker, /root without CAP_SYS_PTRACE.*container.*--cap-add=SYS_PTRACE/);
  const asUnit = remedyFor(status(0, docker), whole, false);
  assert.match(asUnit, /root without CAP_SYS_PTRACE.*CapabilityBoundingSet=/);
  for (const [map, isContainer] of [
    [whole, false],
    [whole, true],
    [lent, true],
    [lent, false],
  ] as const) {
    const words = remedyFor(status(0, everything), map, isContainer);
    assert.doesNotMatch(words, /run Upkeep as root/);
    assert.match(words, map === lent ? /user namespace/ : isContainer ? /container/ : /AppArmor|SELinux/);
  }
});

test('a user who has the capability is told what refuses all the same', () => {
  assert.match(remedyFor(status(1000, '0000000000080000'), whole, false), /has CAP_SYS_PTRACE.*AppArmor/);
});
