//! Each journey and each race is written once and mounted for every adapter and every store.

/// Mounts journeys, `async fn(World)`, on both adapters and both stores; after `redis:` on both adapters over Redis. Each is
/// looked through for [secrets](crate::secrets) that it has left behind.
#[macro_export]
macro_rules! journeys {
    ($($all:tt)*) => { $crate::mounted! { watched: $($all)* } };
}

/// Mounts tests in the same way, without looking for secrets: for those that log too much, or look for themselves.
#[macro_export]
macro_rules! worlds {
    ($($all:tt)*) => { $crate::mounted! { unwatched: $($all)* } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! mounted {
    ($how:ident: redis: $($test:ident)*) => {
        $crate::mounted!(@on axum_redis, $how, Axum, Redis: $($test)*);
        $crate::mounted!(@on actix_redis, $how, Actix, Redis: $($test)*);
    };
    ($how:ident: $($test:ident)*) => {
        $crate::mounted!(@on axum_memory, $how, Axum, Memory: $($test)*);
        $crate::mounted!(@on axum_redis, $how, Axum, Redis: $($test)*);
        $crate::mounted!(@on actix_memory, $how, Actix, Memory: $($test)*);
        $crate::mounted!(@on actix_redis, $how, Actix, Redis: $($test)*);
    };
    (@on $name:ident, $how:ident, $adapter:ident, $store:ident: $($test:ident)*) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    use $crate::world::{Adapter, Kind};
                    $crate::mounted!(@play $how, Adapter::$adapter, Kind::$store, super::$test);
                }
            )*
        }
    };
    (@play watched, $adapter:expr, $store:expr, $test:expr) => {
        $crate::secrets::Witness::watch($adapter, $store, $test).await
    };
    (@play unwatched, $adapter:expr, $store:expr, $test:expr) => {
        $test($crate::world::World::new($adapter, $store).await).await
    };
}

/// Mounts races, `async fn(Round)`, on both adapters and both stores, against one server and against two.
#[macro_export]
macro_rules! races {
    ($($race:ident)*) => {
        $crate::races!(@at on_one_server, OneServer: $($race)*);
        $crate::races!(@at on_two_servers, TwoServers: $($race)*);
    };
    (@at $name:ident, $place:ident: $($race:ident)*) => {
        mod $name {
            $(
                async fn $race(world: $crate::world::World) {
                    use $crate::race::{Place, race};
                    race(world, Place::$place, super::$race).await;
                }
            )*
            $crate::worlds! { $($race)* }
        }
    };
}
