import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyAxis, niceAxis, Runs } from "../../../fastmlp/serve/page/curve_data.js";
import { brief, networkSize, percent, short, time, whole } from "../../../fastmlp/serve/page/format.js";
import { PLACES, toPlace, toValue } from "../../../fastmlp/serve/page/scales.js";
import { fromHash, toHash } from "../../../fastmlp/serve/page/url_state.js";

const DEFAULTS = { hidden: [16, 16], activation: "sigmoid", learning_rate: 3, augmentation: "none", seed: 0 };

test("settings survive the URL", () => {
  const settings = { ...DEFAULTS, hidden: [64], learning_rate: 0.001, augmentation: "shift=2,rotation=10" };
  const hash = toHash(settings, DEFAULTS);
  assert.equal(hash.split("&")[0], "hidden=64");
  const read = fromHash(`#${hash}`);
  assert.deepEqual({ ...DEFAULTS, ...read }, settings);
});

test("what is as by default is not in the URL, and no hidden layer is", () => {
  assert.equal(toHash(DEFAULTS, DEFAULTS), "");
  assert.equal(toHash({ ...DEFAULTS, hidden: [] }, DEFAULTS), "hidden=none");
  assert.deepEqual(fromHash("hidden=none"), { hidden: [] });
  assert.deepEqual(fromHash(""), {});
});

test("sliders reach both ends, and come back to where they were", () => {
  const ranges = [
    { kind: "log", low: 1e-4, high: 30 },
    { kind: "log_whole", low: 1, high: 1024 },
    { kind: "number", low: 0, high: 0.8, step: 0.05 },
    { kind: "whole", low: 0, high: 50 },
  ];
  for (const range of ranges) {
    assert.equal(toValue(range, 0), range.low);
    assert.equal(toValue(range, PLACES), range.high);
    for (let place = 0; place <= PLACES; place += 125) {
      const value = toValue(range, place);
      assert.equal(toValue(range, toPlace(range, value)), value, `${range.kind} at ${place}`);
    }
  }
  assert.equal(toValue(ranges[2], 500), 0.4);
});

test("a new generation keeps the last curve, an empty run does not replace it", () => {
  const runs = new Runs();
  runs.add(0, [
    [1, 0.5, 0.8, 0.4, 0.85, 0.1],
    [2, 0.4, 0.9, 0.3, null, 0.2],
  ]);
  runs.add(0, [[2, 0.4, 0.9, 0.3, null, 0.2]]); // sent twice
  assert.deepEqual(
    runs.now.map(({ epoch, testAccuracy }) => [epoch, testAccuracy]),
    [
      [1, 0.85],
      [2, null],
    ],
  );
  runs.begin(1);
  assert.equal(runs.last.length, 2);
  runs.begin(2);
  assert.equal(runs.last.length, 2);
  assert.equal(runs.now.length, 0);
});

test("axes", () => {
  assert.deepEqual(niceAxis(0, 10, 4), { low: 0, high: 10, step: 5 });
  assert.equal(niceAxis(0, 0.31, 3).step, 0.2);
  assert.ok(niceAxis(0, 0.31, 3).high >= 0.31);
  assert.equal(accuracyAxis([]).low, 0);
  assert.equal(accuracyAxis([0.93, 0.97]).low, 0.9);
  assert.equal(accuracyAxis([0.1, 0.97]).low, 0);
});

test("numbers in words", () => {
  assert.equal(percent(0.9637), "96.4 %");
  assert.equal(percent(null), "–");
  assert.equal(whole(13002), "13,002");
  assert.equal(short(540321), "540k");
  assert.equal(short(2345678), "2.35M");
  assert.equal(brief(0.0031623), "0.00316");
  assert.equal(brief(0.0001), "1.0e-4");
  assert.equal(time(187), "3:07 min");
  assert.equal(networkSize([784, 16, 16, 10], 24), "13,002 parameters, 0.3 MB");
});
