import assert from 'node:assert/strict';
import { test } from 'node:test';
import { productFiles, read } from '../sources.ts';

const comment = /^\s*(\*|\/\/|\/\*)/;
/** A command whose id somebody would have to find out first; `--into folder:<path>` is no id. */
const blank = /upkeep [a-z]+(?: [a-z-]+)* (?:ID\b|<id>)/;

test('a command that is printed as a hint has its id, or names the command that lists it', () => {
  const files = productFiles().filter((path) => path.startsWith('src/') || path.startsWith('web/src/'));
  assert.ok(files.length > 500);
  const found = files.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) =>
        blank.test(line) && !comment.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [],
      ),
  );
  assert.deepEqual(found, []);
});
