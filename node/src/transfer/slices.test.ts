import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_BYTES, SLICE_BYTES } from '@chiral/protocol/content';
import fc from 'fast-check';
import { assemble, deal, liars, MAX_TEAM, type Sent } from './slices.ts';

const speed = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined });
const team = fc.array(fc.record({ bytesPerMs: speed }), { minLength: 1, maxLength: MAX_TEAM });
const length = fc.integer({ min: 1, max: CHUNK_BYTES });

test('parts are the chunk, in order, cut between slices, one for each that has any', () => {
  fc.assert(
    fc.property(length, team, (bytes, members) => {
      const parts = deal(bytes, members);
      assert.equal(parts[0]!.start, 0);
      assert.equal(parts.at(-1)!.end, bytes);
      parts.forEach(({ start, end }, i) => {
        assert.ok(start < end);
        assert.equal(start % SLICE_BYTES, 0);
        if (i > 0) assert.equal(start, parts[i - 1]!.end);
      });
      assert.equal(new Set(parts.map(({ member }) => member)).size, parts.length);
    }),
  );
});

test('nobody is given slices that another would have sent before', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1, max: 1e4, noNaN: true }), { minLength: 2, maxLength: 4 }), (speeds) => {
      const members = speeds.map((bytesPerMs) => ({ bytesPerMs }));
      const parts = deal(CHUNK_BYTES, members);
      const took = (member: { bytesPerMs: number }, more = 0) => {
        const part = parts.find((one) => one.member === member);
        return ((part ? part.end - part.start : 0) + more) / member.bytesPerMs;
      };
      const last = Math.max(...members.map((member) => took(member)));
      for (const member of members) assert.ok(took(member, SLICE_BYTES) >= last * (1 - 1e-9));
    }),
  );
});

test('four alike share alike, and who is a hundred times slower gets nothing', () => {
  const alike = Array.from({ length: 4 }, () => ({ bytesPerMs: undefined }));
  assert.deepEqual(
    deal(CHUNK_BYTES, alike).map(({ start, end }) => end - start),
    Array(4).fill(SLICE_BYTES),
  );
  const [slow, quick] = [{ bytesPerMs: 1 }, { bytesPerMs: 100 }];
  assert.deepEqual(
    deal(CHUNK_BYTES, [slow, quick]).map(({ member }) => member),
    [quick],
  );
});

test('exactly those whose bytes differ are named, whatever the others sent', () => {
  fc.assert(
    fc.property(
      team.filter(({ length }) => length > 1),
      fc.infiniteStream(fc.boolean()),
      fc.infiniteStream(fc.nat()),
      (members, lies, places) => {
        const good = Uint8Array.from({ length: CHUNK_BYTES }, (_, i) => (i * 31) >> 3);
        const expected: unknown[] = [];
        const sent = deal(CHUNK_BYTES, members).map((part): Sent<(typeof members)[number]> => {
          const data = good.slice(part.start, part.end);
          if (lies.next().value) {
            data[places.next().value! % data.length]! ^= 1;
            expected.push(part.member);
          }
          return { ...part, data };
        });
        assert.deepEqual(liars(sent, good), expected);
        const whole = assemble(CHUNK_BYTES, sent);
        assert.equal(Buffer.compare(whole, good) === 0, expected.length === 0);
      },
    ),
    { numRuns: 30 },
  );
});
