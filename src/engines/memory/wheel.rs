//! The deadlines of a shard: a hierarchical timer wheel. Filing and unfiling a slot take constant time.
//! Finding the due slots takes one step for each, and one for each slot that moves down a level.
//!
//! A bucket of level 0 covers one tick, a bucket of level 1 covers 64 ticks, and so on. A slot is in the
//! lowest level on which its tick and the wheel's tick agree in all higher digits (base 64). Extending a
//! deadline does not move the slot: when its old bucket is due, the wheel files the slot again.

use super::ring::{self, ByWheel};
use super::slot::{NIL, Slot, index, number};

/// Milliseconds of a tick, as a shift: 256.
const TICK: u32 = 8;
const DIGIT: u32 = 6;
const WIDTH: usize = 1 << DIGIT;
/// 8 levels of 64 buckets cover 2.2 million years, more than JavaScript's dates. Half of them are before 1970.
const LEVELS: usize = 8;
/// Moments before and after this many milliseconds count as the first or the last tick.
const HALF: i64 = 1 << (TICK + DIGIT * 8 - 1);
/// If the clock goes back by more ticks than this (one minute), the wheel follows it.
const BACK: u64 = 60_000 >> TICK;

#[derive(Debug)]
pub(super) struct Wheel {
    /// The current tick. Every bucket before it is empty.
    tick: u64,
    /// The bucket that is being emptied.
    draining: Option<u16>,
    /// A bit for each bucket that is not empty, by level.
    occupied: [u64; LEVELS],
    heads: [u32; LEVELS * WIDTH],
}

impl Wheel {
    pub(super) fn new(now: i64) -> Self {
        Wheel { tick: tick(now), draining: None, occupied: [0; LEVELS], heads: [NIL; LEVELS * WIDTH] }
    }

    /// Files a slot by its deadline.
    pub(super) fn file(&mut self, slots: &mut [Slot], slot: u32) {
        let tick = tick(slots[index(slot)].entry.deadline).max(self.tick);
        let level = ((tick ^ self.tick) | 1).ilog2() / DIGIT;
        let digit = digit(tick, level);
        let bucket = level as usize * WIDTH + digit;
        self.occupied[level as usize] |= 1 << digit;
        slots[index(slot)].bucket = u16::try_from(bucket).expect("512 buckets");
        ring::push::<ByWheel>(&mut self.heads[bucket], slots, slot);
    }

    /// Removes a slot.
    pub(super) fn unfile(&mut self, slots: &mut [Slot], slot: u32) {
        let bucket = usize::from(slots[index(slot)].bucket);
        ring::remove::<ByWheel>(&mut self.heads[bucket], slots, slot);
        if self.heads[bucket] == NIL {
            self.occupied[bucket / WIDTH] &= !(1 << (bucket % WIDTH));
        }
    }

    /// Updates the wheel after a slot has moved to another number.
    pub(super) fn moved(&mut self, slots: &mut [Slot], from: u32, to: u32) {
        let bucket = usize::from(slots[index(to)].bucket);
        ring::moved::<ByWheel>(&mut self.heads[bucket], slots, from, to);
    }

    /// A slot whose bucket is due. The caller must unfile it, and may file it again, before the next call.
    pub(super) fn due(&mut self, now: i64) -> Option<u32> {
        let target = tick(now);
        loop {
            if let Some(bucket) = self.draining {
                // The clock may have gone back a little since the wheel began this bucket. If the tick of a
                // level-0 bucket is not over, slots that are filed again would land in the same bucket.
                let early = usize::from(bucket) < WIDTH && self.tick >= target;
                match self.heads[usize::from(bucket)] {
                    _ if early => self.draining = None,
                    NIL => self.draining = None,
                    slot => return Some(slot),
                }
            }
            // The lowest occupied level has the earliest bucket: the current bucket of a level spans the
            // whole level below, and all occupied buckets of that level come later.
            let found = (0_u32..).zip(&self.occupied).find_map(|(level, occupied)| {
                let ahead = occupied & (u64::MAX << digit(self.tick, level));
                (ahead != 0).then(|| (level, ahead.trailing_zeros()))
            });
            let Some((level, digit)) = found else {
                self.tick = self.tick.max(target);
                return None;
            };
            let above = self.tick >> (DIGIT * level) >> DIGIT;
            let start = (above << DIGIT | u64::from(digit)) << (DIGIT * level);
            // A tick is over when the next one begins. A bucket above level 0 is spread out when it begins.
            if if level == 0 { start >= target } else { start > target } {
                self.tick = self.tick.max(target);
                return None;
            }
            self.tick = start;
            self.draining = u16::try_from(level as usize * WIDTH + digit as usize).ok();
        }
    }

    /// Up to `max` slots of the current tick, which is not over.
    pub(super) fn current(&self, slots: &[Slot], max: usize) -> Vec<u32> {
        let head = self.heads[digit(self.tick, 0)];
        ring::iter::<ByWheel>(head, slots).take(max).collect()
    }

    /// Whether the clock was set back so far that slots filed now would expire much too late: the wheel would
    /// wait for the old time.
    pub(super) fn is_ahead_of(&self, now: i64) -> bool {
        self.tick > tick(now).saturating_add(BACK)
    }

    /// Whether the clock was set back at all: the wheel may not have found all that has expired.
    pub(super) fn is_beyond(&self, now: i64) -> bool {
        self.tick > tick(now)
    }

    /// Files every slot again, for another time.
    pub(super) fn rebuild(&mut self, slots: &mut [Slot], now: i64) {
        *self = Wheel::new(now);
        for slot in 0..slots.len() {
            self.file(slots, number(slot));
        }
    }

    #[cfg(test)]
    pub(super) fn check(&self, slots: &[Slot]) {
        let mut count = 0;
        for (bucket, head) in self.heads.iter().enumerate() {
            let occupied = self.occupied[bucket / WIDTH] >> (bucket % WIDTH) & 1 == 1;
            assert_eq!(occupied, *head != NIL, "bitmap of bucket {bucket}");
            for slot in ring::walk::<ByWheel>(*head, slots) {
                assert_eq!(usize::from(slots[index(slot)].bucket), bucket);
                count += 1;
            }
        }
        assert_eq!(count, slots.len(), "every slot is filed once");
    }
}

/// The tick of a moment. Tick 0 is a million years before 1970.
fn tick(moment: i64) -> u64 {
    (moment.clamp(-HALF, HALF - 1) + HALF).cast_unsigned() >> TICK
}

#[expect(clippy::cast_possible_truncation, reason = "below 64")]
fn digit(tick: u64, level: u32) -> usize {
    (tick >> (DIGIT * level)) as usize % WIDTH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rank::{Rank, Visits};
    use super::super::record::Parts;
    use super::super::slot::{Entry, Links};
    use super::*;
    use crate::codec::encoding::Encoding;
    use crate::codec::id::Id;

    fn slots(deadlines: &[i64]) -> Vec<Slot> {
        let slot = |deadline: &i64| {
            let (id, parts) = (Id::new(b""), Parts::whole(Encoding::Ascii, b""));
            let form = parts.form(&id, *deadline);
            let (record, rank) = (parts.build(&id, form).unwrap(), Rank::New);
            Slot {
                entry: Entry { record, deadline: *deadline, revision: 0, template: 0, form, rank },
                hash: 0,
                bucket: 0,
                visits: Visits::NONE,
                queue: Links::NONE,
                wheel: Links::NONE,
            }
        };
        deadlines.iter().map(slot).collect()
    }

    fn wheel(slots: &mut [Slot], now: i64) -> Wheel {
        let mut wheel = Wheel::new(now);
        for slot in 0..slots.len() {
            wheel.file(slots, number(slot));
        }
        wheel
    }

    /// Removes what has expired, and files the rest again. Returns the deadlines and the number of steps.
    fn take(wheel: &mut Wheel, slots: &mut [Slot], now: i64) -> (Vec<i64>, usize) {
        let (mut taken, mut steps) = (Vec::new(), 0);
        while let Some(slot) = wheel.due(now) {
            steps += 1;
            wheel.unfile(slots, slot);
            let deadline = slots[index(slot)].entry.deadline;
            if deadline <= now { taken.push(deadline) } else { wheel.file(slots, slot) }
        }
        taken.sort_unstable();
        (taken, steps)
    }

    #[test]
    fn handles_far_deadlines() {
        let now = 1_763_754_720_000;
        let last = 8_640_000_000_000_000;
        let mut slots = slots(&[now + 1, last, i64::MAX]);
        let mut wheel = wheel(&mut slots, now);
        assert_eq!(take(&mut wheel, &mut slots, now + 1000).0, [now + 1]);
        assert!(take(&mut wheel, &mut slots, last - 1).0.is_empty());
        assert_eq!(take(&mut wheel, &mut slots, last + 256).0, [last]);
        assert!(take(&mut wheel, &mut slots, i64::MAX - 1).0.is_empty());
    }

    #[test]
    fn an_extended_deadline_costs_a_step_when_its_old_bucket_is_due() {
        let mut slots = slots(&[10_000]);
        let mut wheel = wheel(&mut slots, 0);
        slots[0].entry.deadline = 5_000_000;
        assert!(take(&mut wheel, &mut slots, 11_000).0.is_empty());
        let (taken, steps) = take(&mut wheel, &mut slots, 4_999_000);
        assert!(taken.is_empty() && steps <= LEVELS);
        assert_eq!(take(&mut wheel, &mut slots, 5_001_000).0, [5_000_000]);
    }

    #[test]
    fn follows_a_clock_that_was_set_back() {
        let mut slots = slots(&[2_000_000]);
        let mut wheel = wheel(&mut slots, 1_000_000);
        assert!(!wheel.is_ahead_of(990_000));
        assert!(wheel.is_ahead_of(10_000));
        slots[0].entry.deadline = 11_000;
        wheel.rebuild(&mut slots, 10_000);
        assert_eq!(take(&mut wheel, &mut slots, 12_000).0, [11_000]);
    }

    proptest! {
        /// For any deadlines and clock steps: what expired a tick ago is found, what has not expired is never
        /// removed, and no slot costs more than one step per level.
        #[test]
        fn finds_what_has_expired(
            deadlines in prop::collection::vec(
                prop_oneof![0..10_000_i64, -5_000_000..100_000_000_i64, -(1_i64 << 50)..(1_i64 << 50)], 1..100),
            mut times in prop::collection::vec(
                prop_oneof![0..10_000_i64, -5_000_000..100_000_000_i64, -(1_i64 << 50)..(1_i64 << 50)], 1..20),
        ) {
            let mut slots = slots(&deadlines);
            let first = -(1 << 50);
            let mut wheel = wheel(&mut slots, first);
            times.sort_unstable();
            let (mut last, mut all, mut gone) = (first, 0, 0);
            for now in times {
                let (taken, steps) = take(&mut wheel, &mut slots, now);
                all += steps;
                prop_assert!(taken.iter().all(|deadline| *deadline <= now));
                prop_assert!(taken.iter().all(|deadline| *deadline >> TICK >= last >> TICK));
                let over = deadlines.iter().filter(|deadline| **deadline >> TICK < now >> TICK);
                gone += taken.len();
                prop_assert!(gone >= over.count());
                last = now;
            }
            prop_assert!(all <= deadlines.len() * LEVELS);
        }
    }
}
