/** What an incident may be called by: every diagnosis has a title in plain words, and hands it to what it finds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systems } from '../../src/systems/index.ts';

/** A title stands in a list, in a subject of mail, on a telephone. */
const longest = 60;

for (const system of Object.values(systems))
  test(`titles of what is found of ${system.kind}`, () => {
    for (const { id, title } of system.diagnoses) {
      assert.ok(title, `${id} has no title: its id would be the title of an incident`);
      assert.ok(title.length <= longest, `${id}: ${title} is longer than ${longest} characters`);
      assert.doesNotMatch(title, /\d|[.:]$/, `${id}: figures change from look to look`);
      assert.notEqual(
        title.toLowerCase(),
        id.slice(id.indexOf('.') + 1).replaceAll('-', ' '),
        `${id}: its id`,
      );
    }
  });
