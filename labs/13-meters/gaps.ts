// Looks at the clock as often as it can, and tells the longest time for which it was not allowed to.
// Invariant: ends after ten standstills or three seconds.
// Called by: lab.md beside it, inside and outside of a group. Next on the way: slow.sh.

const begin = performance.now();
let last = begin;
let longest = 0;
let stops = 0;
while (stops < 10 && last - begin < 3_000) {
  const now = performance.now();
  if (now - last > 20) stops += 1;
  longest = Math.max(longest, now - last);
  last = now;
}
console.log(`stood still ${stops} times in ${Math.round(last - begin)} ms, once for ${Math.round(longest)} ms`);
