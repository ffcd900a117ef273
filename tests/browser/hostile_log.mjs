// Writes the log of a service that dies with whatever an attacker can make it log: markup, terminal
// escapes, NUL, bytes that are no UTF-8, marks that turn text around.
import { mkdirSync, writeFileSync } from 'node:fs';

const folder = process.argv[2];
const parts = [];
const stamp = (minute) =>
  `2014-06-24 ${String(8 + Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}:00 `;
for (let life = 0; life < 3; life++) {
  const begin = life * 125;
  parts.push(`${stamp(begin)}info: shop 1.4.2 starting, pid ${2000 + life * 31}\n`);
  parts.push(`${stamp(begin)}info: listening on 0.0.0.0:8080\n`);
  for (let i = 1; i < 120; i++) {
    parts.push(`${stamp(begin + i)}info: served ${(i * 17) % 97} orders in ${3 + (i % 5)} ms\n`);
  }
  if (life === 2) break;
  parts.push('panic: <script>alert(1)</script><img src=x onerror=alert(2)> \x1b[31mred\x07 nul\0 ');
  parts.push(Buffer.from([0xff, 0xfe, 0xc3, 0x28]));
  parts.push(' \u202egnp.exe "><svg onload=alert(3)> &amp; \'q\'\n\n');
  parts.push('goroutine 1 [running]:\nmain.(*Router).put(0xc000010000)\n');
  parts.push('\t/srv/shop/<b>handler.go:88 +0x1d\nexit status 2\n');
}
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/shop<i>.log`, Buffer.concat(parts.map((part) => Buffer.from(part))));
