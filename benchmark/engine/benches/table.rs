//! The table against plain dashmap, moka and quick_cache: one thread, sessions of the shape that
//! the goals are set for (an id of 32 characters and 238 bytes of JSON).
//!
//! `cargo bench`; with ten million as well: `TEN_MILLION=1 cargo bench`.

mod tables;

use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use dashmap::DashMap;
use engine_benchmark::sample;
use tables::{Ours, OursText, Table};

fn measure<T: Table>(c: &mut Criterion, size: usize) {
    let table = T::new(size);
    let ids: Vec<String> = (0..size).map(sample::id).collect();
    for (number, id) in ids.iter().enumerate() {
        table.set(id, number);
    }
    let mut group = c.benchmark_group(format!("{size}"));
    // A walk over all ids that no cache foresees.
    let step = (7_919 * 1_009 % size) | 1;
    let mut at = 0;
    let mut next = move || {
        at = (at + step) % size;
        at
    };
    group.bench_function(format!("get/{}", T::NAME), |b| b.iter(|| table.get(&ids[next()])));
    group.bench_function(format!("set/{}", T::NAME), |b| {
        b.iter(|| {
            let number = next();
            table.set(&ids[number], number);
        });
    });
    group.bench_function(format!("touch/{}", T::NAME), |b| {
        b.iter(|| {
            let number = next();
            table.touch(&ids[number], number);
        });
    });
    let mut fresh = size;
    group.bench_function(format!("create/{}", T::NAME), |b| {
        b.iter_batched(
            || {
                fresh += 1;
                (sample::id(fresh), fresh)
            },
            |(id, number)| table.set(&id, number),
            BatchSize::SmallInput,
        );
    });
    group.bench_function(format!("destroy/{}", T::NAME), |b| {
        b.iter_batched(|| &ids[next()], |id| table.destroy(id), BatchSize::SmallInput);
    });
    group.finish();
}

fn tables(c: &mut Criterion) {
    let mut sizes = vec![10_000, 1_000_000];
    if std::env::var_os("TEN_MILLION").is_some() {
        sizes.push(10_000_000);
    }
    for size in sizes {
        measure::<Ours>(c, size);
        measure::<DashMap<String, String>>(c, size);
        measure::<OursText>(c, size);
        measure::<moka::sync::Cache<String, std::sync::Arc<str>>>(c, size);
        measure::<quick_cache::sync::Cache<String, std::sync::Arc<str>>>(c, size);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = tables
}
criterion_main!(benches);
