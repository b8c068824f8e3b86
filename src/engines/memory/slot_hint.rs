//! Where a session was seen. A request that loaded a session writes it back without a search.

/// The shard and slot where a session was seen. The session may have moved or gone since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotHint(u64);

impl SlotHint {
    /// A hint at no slot.
    pub(super) const NONE: SlotHint = SlotHint(u64::MAX);

    pub(super) fn new(shard: usize, slot: u32) -> Self {
        SlotHint((shard as u64) << 32 | u64::from(slot))
    }

    /// Shard and slot. Neither has to exist any more.
    #[expect(clippy::cast_possible_truncation, reason = "it is split in two")]
    pub(super) fn parts(self) -> (usize, u32) {
        ((self.0 >> 32) as usize, self.0 as u32)
    }

    /// The hint as a number for JavaScript, which represents it exactly: there are at most 2⁸ shards.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    pub fn number(self) -> f64 {
        self.0 as f64
    }

    /// The hint of a [`Self::number`]. Any other number is a hint at no slot.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate")]
    pub fn from_number(number: f64) -> Self {
        if number < 0.0 { Self::NONE } else { SlotHint(number as u64) }
    }
}
