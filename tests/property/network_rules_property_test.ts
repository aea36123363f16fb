import assert from "node:assert/strict";
import fc from "fast-check";
import type { NetworkAclEntry, SecurityGroupRule } from "../../src/diagnostics/facts/network.ts";
import { aclCoverage } from "../../src/diagnostics/network/acl_rules.ts";
import {
  containsBlock,
  EVERYWHERE,
  INTERNET,
  parseBlock,
} from "../../src/diagnostics/network/addresses.ts";
import { coverWide, isAboutPorts } from "../../src/diagnostics/network/group_rules.ts";
import {
  containsSpan,
  coverageOf,
  cutSpan,
  sizeOf,
  type Span,
  subtractSpans,
} from "../../src/diagnostics/network/spans.ts";

/** Small numbers meet each other's boundaries often. */
const smallSpan = fc.tuple(fc.nat(20), fc.nat(20)).map(([a, b]): Span => ({
  first: BigInt(Math.min(a, b)),
  last: BigInt(Math.max(a, b)),
}));

const octet = fc.oneof(fc.constantFrom(0, 10, 127, 128, 255), fc.nat(255));
const ipv4 = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join("."));
const cidr = fc.tuple(ipv4, fc.nat(32)).map(([address, prefix]) => `${address}/${prefix}`);

function numbersOf({ first, last }: Span): number[] {
  return Array.from(
    { length: Number(sizeOf({ first, last })) },
    (_, index) => Number(first) + index,
  );
}

/** The naive twin: a 32-bit mask. */
function isInCidr(address: string, block: string): boolean {
  const toNumber = (text: string) =>
    text.split(".").reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
  const [base, prefix] = block.split("/");
  const mask = Number(prefix) === 0 ? 0 : (0xffff_ffff << (32 - Number(prefix))) >>> 0;
  return ((toNumber(address) & mask) >>> 0) === ((toNumber(base!) & mask) >>> 0);
}

Deno.test("parseBlock() and containsBlock() agree with a bit mask", () => {
  fc.assert(fc.property(ipv4, cidr, (address, block) => {
    assert.equal(containsBlock(parseBlock(block)!, parseBlock(address)!), isInCidr(address, block));
  }));
});

Deno.test("a block holds its first and its last address, and neither neighbour", () => {
  fc.assert(fc.property(cidr, (text) => {
    const block = parseBlock(text)!;
    const at = (value: bigint) => ({ family: 4 as const, first: value, last: value });
    assert.ok(containsBlock(block, at(block.first)));
    assert.ok(containsBlock(block, at(block.last)));
    assert.ok(!containsBlock(block, at(block.first - 1n)));
    assert.ok(!containsBlock(block, at(block.last + 1n)));
    assert.equal(sizeOf(block), 1n << BigInt(32 - Number(text.split("/")[1])));
  }));
});

Deno.test("cutSpan() keeps every number once, and no piece straddles a cutter", () => {
  fc.assert(fc.property(smallSpan, fc.array(smallSpan), (whole, cutters) => {
    const pieces = cutSpan(whole, cutters);
    assert.deepEqual(pieces.flatMap(numbersOf), numbersOf(whole));
    for (const piece of pieces) {
      for (const cutter of cutters) {
        const inside = numbersOf(piece).filter((n) =>
          cutter.first <= BigInt(n) && BigInt(n) <= cutter.last
        );
        assert.ok(inside.length === 0 || containsSpan(cutter, piece));
      }
    }
  }));
});

Deno.test("subtractSpans() leaves exactly the numbers that are in no hole", () => {
  fc.assert(fc.property(smallSpan, fc.array(smallSpan), (whole, holes) => {
    const left = subtractSpans(whole, holes).flatMap(numbersOf);
    const expected = numbersOf(whole).filter((n) =>
      !holes.some((hole) => hole.first <= BigInt(n) && BigInt(n) <= hole.last)
    );
    assert.deepEqual(left, expected);
  }));
});

Deno.test("coverageOf() is all, some or none", () => {
  fc.assert(fc.property(fc.array(fc.boolean()), (answers) => {
    const yes = answers.filter(Boolean).length;
    const expected = yes === 0 ? "none" : yes === answers.length ? "all" : "some";
    assert.equal(coverageOf(answers), expected);
  }));
});

Deno.test("XX-9 isAboutPorts() is true exactly from `from` to `to`", () => {
  const port = fc.integer({ min: 1, max: 65535 });
  const near = fc.integer({ min: -2, max: 2 });
  fc.assert(fc.property(port, port, near, fc.boolean(), (a, b, offset, atFrom) => {
    const ports = { from: Math.min(a, b), to: Math.max(a, b) };
    const asked = Math.max(0, (atFrom ? ports.from : ports.to) + offset);
    const wanted = { first: BigInt(asked), last: BigInt(asked) };
    const rule = ruleWith({ ports });
    assert.equal(isAboutPorts(rule, wanted), asked >= ports.from && asked <= ports.to);
    assert.ok(!isAboutPorts({ ...rule, protocol: "udp" }, wanted));
    assert.ok(isAboutPorts({ ...rule, protocol: "-1" }, { first: 0n, last: 65535n }));
  }));
});

const direction = fc.constantFrom("egress" as const, "ingress" as const);
const aclEntry: fc.Arbitrary<NetworkAclEntry> = fc.record({
  ruleNumber: fc.nat(20),
  direction,
  action: fc.constantFrom("allow" as const, "deny" as const),
  protocol: fc.constantFrom("-1", "6", "17"),
  cidr: fc.oneof(fc.constant("0.0.0.0/0"), cidr),
  ipv6Cidr: fc.constant(undefined),
  ports: fc.option(
    fc.tuple(fc.integer({ min: 440, max: 446 }), fc.integer({ min: 440, max: 446 }))
      .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
    { nil: undefined },
  ),
});

Deno.test("aclCoverage() of one packet is what the first matching rule says", () => {
  // Two rules of one number and direction cannot be in one ACL.
  const entries = fc.uniqueArray(aclEntry, {
    selector: (entry) => `${entry.ruleNumber} ${entry.direction}`,
  });
  const port = fc.integer({ min: 439, max: 447 });
  fc.assert(fc.property(entries, direction, ipv4, port, (entries, direction, address, port) => {
    const acl = { networkAclId: "acl-1", isDefault: false, subnetIds: [], entries };
    const wanted = { first: BigInt(port), last: BigInt(port) };
    const coverage = aclCoverage(acl, { direction, peers: [parseBlock(address)!], ports: wanted });
    const deciding = entries.toSorted((a, b) => a.ruleNumber - b.ruleNumber).find((entry) => {
      const hasPort = entry.protocol === "-1" || entry.ports === undefined ||
        (entry.ports.from <= port && port <= entry.ports.to);
      return entry.direction === direction && entry.protocol !== "17" && hasPort &&
        isInCidr(address, entry.cidr!);
    });
    assert.equal(coverage, deciding?.action === "allow" ? "all" : "none");
  }));
});

Deno.test("aclCoverage() of a block is what it is of its addresses together", () => {
  const entries = fc.uniqueArray(aclEntry, {
    selector: (entry) => `${entry.ruleNumber} ${entry.direction}`,
  });
  const smallCidr = fc.tuple(ipv4, fc.integer({ min: 28, max: 32 }))
    .map(([address, prefix]) => parseBlock(`${address}/${prefix}`)!);
  fc.assert(fc.property(entries, smallCidr, (entries, block) => {
    const acl = { networkAclId: "acl-1", isDefault: false, subnetIds: [], entries };
    const ports = { first: 443n, last: 443n };
    const of = (span: Span) =>
      aclCoverage(acl, { direction: "egress", peers: [{ family: 4, ...span }], ports });
    const each = Array.from({ length: Number(sizeOf(block)) }, (_, index) => {
      const value = block.first + BigInt(index);
      return of({ first: value, last: value }) === "all";
    });
    assert.equal(of(block), coverageOf(each));
  }));
});

Deno.test("coverWide() is all exactly when nothing of the internet is left out", () => {
  fc.assert(fc.property(fc.array(cidr, { maxLength: 6 }), (cidrs) => {
    const blocks = cidrs.map((text) => parseBlock(text)!);
    const left = INTERNET[4].flatMap((part) => subtractSpans(part, blocks))
      .reduce((sum, span) => sum + sizeOf(span), 0n);
    const total = INTERNET[4].reduce((sum, span) => sum + sizeOf(span), 0n);
    const expected = left === 0n ? "all" : left === total ? "none" : "some";
    assert.equal(coverWide([ruleWith({ cidrs })], INTERNET[4], []), expected);
    // Never across families.
    assert.equal(coverWide([ruleWith({ cidrs })], [EVERYWHERE[6]], []), "none");
  }));
});

function ruleWith(changes: Partial<SecurityGroupRule>): SecurityGroupRule {
  return {
    protocol: "tcp",
    ports: undefined,
    cidrs: [],
    ipv6Cidrs: [],
    groupIds: [],
    prefixListIds: [],
    ...changes,
  };
}
