import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { restic } from '../../../../test/servers/restic.ts';
import { systemClock } from '../../../clock.ts';
import type { Manifest, Proving, RestoreOrder, Taken } from '../../../core/backup/engine.ts';
import { newSecret } from '../../../id.ts';
import { connect } from '../connection.ts';
import { files } from './files.ts';
import { structureDifferences } from './tree.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {}, newSecret };
const conn = connect();

suite('files in a repository of restic', { skip: missing(restic) }, () => {
  const home = temporaryFolder('files');
  const source = join(home, 'source');
  const folder = join(home, 'to', 'plan');
  const paths = [source];
  let kept: Taken;
  let number = 0;

  const proven = async (manifest: Manifest, more: object = {}): Promise<Proving> => {
    const scratch = join(home, `s${++number}`);
    mkdirSync(scratch, { mode: 0o700 });
    try {
      const label = String(manifest.snapshot);
      return await files.prove(
        conn,
        { folder, label, manifest, scratch, usualBytes: [], smoke: [], ...more },
        ctx,
      );
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  const levels = ({ looks }: Proving) => looks.map(({ level, good }) => [level, good]);
  const last = ({ looks }: Proving) => looks.at(-1)?.detail ?? '';
  const copied = async () => {
    const path = join(home, `c${++number}`, 'plan');
    await cp(join(home, 'to', 'plan'), path, { recursive: true, preserveTimestamps: true });
    writeFileSync(`${path}.password`, readFileSync(`${folder}.password`), { mode: 0o600 });
    return path;
  };

  before(async () => {
    mkdirSync(join(source, 'deep', 'er'), { recursive: true });
    writeFileSync(join(source, 'shop.conf'), 'port = 8080\n', { mode: 0o640 });
    writeFileSync(join(source, 'deep', 'large'), randomBytes(300_000));
    writeFileSync(join(source, 'deep', 'er', 'empty'), '');
    writeFileSync(join(source, 'deep', 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync('shop.conf', join(source, 'link'));
    utimesSync(join(source, 'shop.conf'), 1_600_000_000, 1_600_000_000);
    chmodSync(join(source, 'deep'), 0o750);
    mkdirSync(folder, { recursive: true });
    kept = await files.take(conn, { folder, paths }, ctx);
  });
  after(() => removeFolder(home));

  test('what was taken is encrypted, restored and the same in modes, times and sums', async () => {
    assert.equal(kept.detail, '4 files');
    assert.match(kept.label ?? '', /^[0-9a-f]{64}$/);
    const password = `${folder}.password`;
    assert.equal(statSync(password).mode & 0o777, 0o600);
    assert.ok(readFileSync(password, 'utf8').trim().length >= 40);
    assert.equal(JSON.stringify(kept.manifest).includes(readFileSync(password, 'utf8').trim()), false);
    const stored = readdirSync(join(folder, 'repository'), { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => readFileSync(join(one.parentPath, one.name), 'latin1'));
    assert.equal(stored.join().includes('port = 8080'), false, 'it lies there encrypted');
    const smoke = [{ query: join(source, 'shop.conf') }];
    const proof = await proven(kept.manifest, { smoke });
    assert.deepEqual(
      levels(proof),
      [0, 1, 2, 3, 4, 5, 6].map((level) => [level, true]),
      last(proof),
    );
    assert.ok(proof.restoredInMs !== null && proof.restoredInMs > 0);
    assert.match(proof.with, /^restic 0\.\d+/);
  });

  test('a second one holds what changed, and both are listed and restored', async () => {
    appendFileSync(join(source, 'shop.conf'), 'mode = fast\n');
    const second = await files.take(conn, { folder, paths }, ctx);
    const held = await files.list?.(conn, { folder }, ctx);
    assert.deepEqual(
      held?.map(({ label, bytes }) => [label, bytes]),
      [kept, second].map(({ label, bytes }) => [label, bytes]),
    );
    const order = (taken: Taken, into: RestoreOrder['into']) => ({
      ...{ folder, label: taken.label ?? '', manifest: taken.manifest, into, until: null },
    });
    const into = { kind: 'folder', folder: join(home, 'restored') } as const;
    const plan = await files.planRestore?.(conn, order(kept, into), ctx);
    assert.deepEqual([plan?.impossible, plan?.reaches], [null, kept.manifest.at]);
    assert.match(plan?.steps[0] ?? '', /^restore 4 files into /);
    assert.equal(existsSync(into.folder), false, 'a plan does nothing');
    await files.restore?.(conn, order(kept, into), ctx);
    assert.equal(readFileSync(join(into.folder, source, 'shop.conf'), 'utf8'), 'port = 8080\n');
    assert.equal(statSync(join(into.folder, source, 'shop.conf')).mtimeMs, 1_600_000_000_000);
    const newer = { kind: 'folder', folder: join(home, 'newer') } as const;
    await files.restore?.(conn, order(second, newer), ctx);
    assert.match(readFileSync(join(newer.folder, source, 'shop.conf'), 'utf8'), /mode = fast/);
    for (const [wrong, words] of [
      [into, /is not empty/],
      [{ kind: 'over' }, /restores into a folder, not over what lives/],
    ] as const)
      await assert.rejects(async () => files.restore?.(conn, order(kept, wrong), ctx), words);
    const proof = await proven(kept.manifest, { smoke: [{ query: join(source, 'deep/er/empty') }] });
    assert.deepEqual(levels(proof).slice(-2), [
      [5, true],
      [6, false],
    ]);
    assert.match(last(proof), /empty is not there, or is empty/);
  });

  test('flipped bytes in the repository, a wrong password, a lost list and a strange size are seen', async () => {
    const flipped = await copied();
    const packs = readdirSync(join(flipped, 'repository/data'), { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name));
    const largest = packs.toSorted((a, b) => statSync(b).size - statSync(a).size)[0] ?? '';
    const bytes = readFileSync(largest);
    bytes.writeUInt8(bytes.readUInt8(1_000) ^ 255, 1_000);
    chmodSync(largest, 0o600);
    writeFileSync(largest, bytes);
    const damaged = await proven(kept.manifest, { folder: flipped });
    assert.deepEqual(levels(damaged), [
      [0, true],
      [1, false],
    ]);
    assert.match(last(damaged), /restic check \(exit code 1\): .*(pack|hash|error)/i);
    const locked = await copied();
    writeFileSync(`${locked}.password`, 'another\n');
    const wrong = await proven(kept.manifest, { folder: locked });
    assert.deepEqual(levels(wrong), [[0, false]]);
    const another =
      /the password in \S+\.password does not open the repository, whose key is whole: put back/;
    assert.match(last(wrong), another);
    assert.equal(wrong.looks[0]?.notRun, true);
    await assert.rejects(files.take(conn, { folder: locked, paths }, ctx), another);
    const keyless = await copied();
    const [key = ''] = readdirSync(join(keyless, 'repository/keys'));
    const keyFile = join(keyless, 'repository/keys', key);
    const text = readFileSync(keyFile, 'utf8');
    chmodSync(keyFile, 0o600);
    writeFileSync(
      keyFile,
      text.replace(/"data":"(.)/, (_, one) => `"data":"${one === 'A' ? 'B' : 'A'}`),
    );
    for (const words of [
      /^the key \S+ of the repository is damaged/,
      /^the repository has no key any more/,
    ]) {
      const { looks } = await proven(kept.manifest, { folder: keyless });
      assert.match(looks[0]?.detail ?? '', words);
      assert.equal(looks[0]?.notRun, undefined, 'that is damage');
      rmSync(keyFile, { force: true });
    }
    rmSync(`${locked}.password`);
    assert.match(
      last(await proven(kept.manifest, { folder: locked })),
      /password of the repository is gone: put it back/,
    );
    const listless = await copied();
    writeFileSync(join(listless, 'trees', `${kept.label}.json`), '{}');
    const other = await proven(kept.manifest, { folder: listless });
    assert.match(last(other), /another checksum than when it was written/);
    const odd = await proven(kept.manifest, { usualBytes: [1e9] });
    assert.match(String(odd.looks[0]?.remark), /% of the usual size$/);
    assert.equal(odd.looks.length > 3 && odd.looks.every(({ good }) => good), true, 'the proof went on');
    const gone = await proven({ ...kept.manifest, snapshot: 'f'.repeat(64) });
    assert.match(last(gone), /does not hold snapshot ffffffff/);
  });

  test('what was restored and is not what was there is seen: a mode, a content, a file that lacks', async () => {
    const { createHash } = await import('node:crypto');
    const lying = async (change: (text: string) => string) => {
      const path = await copied();
      const file = join(path, 'trees', `${kept.label}.json`);
      const text = change(readFileSync(file, 'utf8'));
      writeFileSync(file, text);
      const tree = createHash('sha256').update(text).digest('hex');
      return proven({ ...kept.manifest, tree }, { folder: path });
    };
    const mode = await lying((text) => text.replace(`"mode":${0o755}`, `"mode":${0o700}`));
    assert.deepEqual(levels(mode).at(-1), [4, false]);
    assert.match(last(mode), /has the mode 755 instead of 700/);
    const entries = JSON.parse(readFileSync(join(folder, 'trees', `${kept.label}.json`), 'utf8'));
    const file = entries.entries.find(({ path }: { path: string }) => path.endsWith('large'));
    const found = structureDifferences({ ...entries, entries: [file] }, [{ ...file, path: '/other' }], true);
    assert.deepEqual(found, [`${file.path} is missing`, '/other was not there before']);
    const content = await lying((text) =>
      text.replace(/"content":"[0-9a-f]{64}"/, `"content":"${'0'.repeat(64)}"`),
    );
    assert.deepEqual(levels(content).at(-1), [5, false]);
    assert.match(last(content), /has other content than what was backed up/);
  });

  test('files that change while they are taken are said and not compared', async () => {
    const busy = join(home, 'busy');
    mkdirSync(busy);
    writeFileSync(join(busy, 'log'), 'a\n');
    writeFileSync(join(busy, 'still'), 'b\n');
    const progress = (text: string) => {
      if (text.startsWith('writing')) appendFileSync(join(busy, 'log'), 'more\n');
    };
    const taken = await files.take(conn, { folder, paths: [busy] }, { ...ctx, progress });
    assert.equal(taken.detail, '2 files; 1 changed meanwhile and cannot be compared');
    const proof = await proven(taken.manifest);
    assert.deepEqual(levels(proof).at(-1), [5, true], last(proof));
    assert.match(last(proof), /^the sums of 1 file are those of the source; 1 changed/);
  });

  test('paths that are not there, are links or hold the repository are refused before anything is written', async () => {
    const elsewhere = join(home, 'none');
    for (const [wrong, words] of [
      [[], /no paths are named/],
      [[join(home, 'nowhere')], /is not there/],
      [[join(source, 'link')], /is a link/],
      [[home], /lies in .*: back up to somewhere else/],
    ] as const)
      await assert.rejects(files.take(conn, { folder: elsewhere, paths: wrong }, ctx), words);
    assert.equal(existsSync(elsewhere), false);
  });

  test('only what the dry run named is deleted; what is kept can still be restored', async () => {
    const held = (await files.list?.(conn, { folder }, ctx)) ?? [];
    const [first, second] = held;
    assert.ok(first && second);
    const preview = await files.planDeletion?.(conn, { folder }, [first.label], ctx);
    assert.deepEqual(preview?.labels, [first.label]);
    // It is looked at while something else is done, and neither holds up the other.
    for (const work of [
      async () =>
        files
          .take(conn, { folder, paths }, ctx)
          .then(({ label = '' }) => files.applyDeletion?.(conn, { folder }, [label], ctx)),
      async () =>
        assert.deepEqual(levels(await proven(kept.manifest, { withoutRestore: true })).at(-1), [2, true]),
    ]) {
      let isOver = false;
      const working = work().finally(() => {
        isOver = true;
      });
      while (!isOver) {
        assert.deepEqual((await files.planDeletion?.(conn, { folder }, [first.label], ctx))?.labels, [
          first.label,
        ]);
        assert.ok(((await files.list?.(conn, { folder }, ctx)) ?? []).length >= held.length);
      }
      await working;
    }
    const unknown = await files.planDeletion?.(conn, { folder }, ['e'.repeat(64)], ctx);
    assert.deepEqual(unknown?.labels, []);
    for (const wrong of ['latest', first.label.slice(0, 8), '--keep-last=0'])
      await assert.rejects(async () => files.applyDeletion?.(conn, { folder }, [wrong], ctx), /is no name/);
    assert.equal((await files.list?.(conn, { folder }, ctx))?.length, held.length, 'nothing went');
    await files.applyDeletion?.(conn, { folder }, [first.label], ctx);
    const left = (await files.list?.(conn, { folder }, ctx))?.map(({ label }) => label);
    assert.deepEqual(
      left,
      held.slice(1).map(({ label }) => label),
    );
    assert.equal(existsSync(join(folder, 'trees', `${first.label}.json`)), false);
    // Once more, as after a kill in the middle.
    await files.applyDeletion?.(conn, { folder }, [first.label], ctx);
    const proof = await proven(kept.manifest);
    assert.match(last(proof), /does not hold snapshot/);
  });
});
