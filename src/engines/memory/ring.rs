//! Rings of slots: circular doubly linked lists of slot numbers. The number of the first slot, which the
//! caller keeps, leads to the last one as well.

use super::slot::{Links, NIL, Slot, index};

/// Which of a slot's two pairs of links.
pub(super) trait Through {
    fn links(slot: &Slot) -> &Links;
    fn links_mut(slot: &mut Slot) -> &mut Links;
}

pub(super) struct ByWheel;
pub(super) struct ByQueue;

impl Through for ByWheel {
    fn links(slot: &Slot) -> &Links {
        &slot.wheel
    }
    fn links_mut(slot: &mut Slot) -> &mut Links {
        &mut slot.wheel
    }
}

impl Through for ByQueue {
    fn links(slot: &Slot) -> &Links {
        &slot.queue
    }
    fn links_mut(slot: &mut Slot) -> &mut Links {
        &mut slot.queue
    }
}

/// Adds a slot at the end.
pub(super) fn push<T: Through>(head: &mut u32, slots: &mut [Slot], slot: u32) {
    if *head == NIL {
        *T::links_mut(&mut slots[index(slot)]) = Links { prev: slot, next: slot };
        *head = slot;
        return;
    }
    let last = T::links(&slots[index(*head)]).prev;
    *T::links_mut(&mut slots[index(slot)]) = Links { prev: last, next: *head };
    T::links_mut(&mut slots[index(last)]).next = slot;
    T::links_mut(&mut slots[index(*head)]).prev = slot;
}

pub(super) fn remove<T: Through>(head: &mut u32, slots: &mut [Slot], slot: u32) {
    let links = std::mem::replace(T::links_mut(&mut slots[index(slot)]), Links::NONE);
    if links.next == slot {
        *head = NIL;
        return;
    }
    T::links_mut(&mut slots[index(links.prev)]).next = links.next;
    T::links_mut(&mut slots[index(links.next)]).prev = links.prev;
    if *head == slot {
        *head = links.next;
    }
}

/// Updates the links after a slot has moved to another number.
pub(super) fn moved<T: Through>(head: &mut u32, slots: &mut [Slot], from: u32, to: u32) {
    if *head == from {
        *head = to;
    }
    let links = *T::links(&slots[index(to)]);
    if links.next == from {
        *T::links_mut(&mut slots[index(to)]) = Links { prev: to, next: to };
        return;
    }
    T::links_mut(&mut slots[index(links.prev)]).next = to;
    T::links_mut(&mut slots[index(links.next)]).prev = to;
}

/// The ring's slots, from first to last.
pub(super) fn iter<T: Through>(head: u32, slots: &[Slot]) -> impl Iterator<Item = u32> {
    let first = (head != NIL).then_some(head);
    std::iter::successors(first, move |at| {
        let next = T::links(&slots[index(*at)]).next;
        (next != head).then_some(next)
    })
}

/// The ring's slots, from first to last. Checks the links.
#[cfg(test)]
pub(super) fn walk<T: Through>(head: u32, slots: &[Slot]) -> Vec<u32> {
    let mut found = Vec::new();
    let mut at = head;
    while at != NIL {
        found.push(at);
        let next = T::links(&slots[index(at)]).next;
        assert_eq!(T::links(&slots[index(next)]).prev, at, "next and prev disagree");
        at = if next == head { NIL } else { next };
        assert!(found.len() <= slots.len(), "the ring does not close");
    }
    found
}
