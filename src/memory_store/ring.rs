//! Rings of slots: doubly linked lists through slot numbers, closed, so that the one number kept
//! outside (the first) leads to the last as well.

use super::slot::{Links, NIL, Slot, place};

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

/// Adds a slot as the last.
pub(super) fn push<T: Through>(head: &mut u32, slots: &mut [Slot], slot: u32) {
    if *head == NIL {
        *T::links_mut(&mut slots[place(slot)]) = Links { prev: slot, next: slot };
        *head = slot;
        return;
    }
    let last = T::links(&slots[place(*head)]).prev;
    *T::links_mut(&mut slots[place(slot)]) = Links { prev: last, next: *head };
    T::links_mut(&mut slots[place(last)]).next = slot;
    T::links_mut(&mut slots[place(*head)]).prev = slot;
}

pub(super) fn remove<T: Through>(head: &mut u32, slots: &mut [Slot], slot: u32) {
    let links = std::mem::replace(T::links_mut(&mut slots[place(slot)]), Links::NONE);
    if links.next == slot {
        *head = NIL;
        return;
    }
    T::links_mut(&mut slots[place(links.prev)]).next = links.next;
    T::links_mut(&mut slots[place(links.next)]).prev = links.prev;
    if *head == slot {
        *head = links.next;
    }
}

/// Mends the ring after a slot has moved to another number.
pub(super) fn moved<T: Through>(head: &mut u32, slots: &mut [Slot], from: u32, to: u32) {
    if *head == from {
        *head = to;
    }
    let links = *T::links(&slots[place(to)]);
    if links.next == from {
        *T::links_mut(&mut slots[place(to)]) = Links { prev: to, next: to };
        return;
    }
    T::links_mut(&mut slots[place(links.prev)]).next = to;
    T::links_mut(&mut slots[place(links.next)]).prev = to;
}

/// The ring's slots, first to last.
pub(super) fn iter<T: Through>(head: u32, slots: &[Slot]) -> impl Iterator<Item = u32> {
    let first = (head != NIL).then_some(head);
    std::iter::successors(first, move |at| {
        let next = T::links(&slots[place(*at)]).next;
        (next != head).then_some(next)
    })
}

/// The ring's slots, first to last, with a check of its links.
#[cfg(test)]
pub(super) fn walk<T: Through>(head: u32, slots: &[Slot]) -> Vec<u32> {
    let mut found = Vec::new();
    let mut at = head;
    while at != NIL {
        found.push(at);
        let next = T::links(&slots[place(at)]).next;
        assert_eq!(T::links(&slots[place(next)]).prev, at, "next and prev disagree");
        at = if next == head { NIL } else { next };
        assert!(found.len() <= slots.len(), "the ring does not close");
    }
    found
}
