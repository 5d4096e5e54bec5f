//! Each journey and each race is written once and mounted for every adapter and every store.

/// Mounts journeys, `async fn(World)`, on both adapters and both stores; after `redis:` on both adapters over a Redis server
/// that is their own, for they freeze, kill or empty it. The others are mounted in a cluster too, on one adapter, for the
/// cluster alone takes other ways to write. With the feature `faults` they are mounted wherever else they can be.
/// Each is looked through for [secrets](crate::secrets) that it has left behind.
#[macro_export]
macro_rules! journeys {
    (redis: $($test:ident)*) => {
        #[cfg(not(feature = "faults"))]
        $crate::mounted! { watched: redis: $($test)* }
        #[cfg(feature = "faults")]
        $crate::mounted! { watched: own: $($test)* }
    };
    ($($test:ident)*) => {
        #[cfg(not(feature = "faults"))]
        $crate::mounted! { watched: $($test)* }
        #[cfg(not(feature = "faults"))]
        $crate::mounted!(@on axum_cluster, watched, Axum, Cluster: $($test)*);
        #[cfg(feature = "faults")]
        $crate::mounted! { watched: shared: $($test)* }
        #[cfg(feature = "faults")]
        $crate::mounted! { watched: own: $($test)* }
    };
}

/// Mounts tests on both adapters and both stores, or after `redis:` over Redis, without looking for secrets: for those that
/// log too much, or look for themselves.
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
    ($how:ident: own: $($test:ident)*) => {
        $crate::mounted!(@on axum_resp3, $how, Axum, Resp3: $($test)*);
        $crate::mounted!(@on actix_resp3, $how, Actix, Resp3: $($test)*);
        $crate::mounted!(@on axum_tls, $how, Axum, Tls: $($test)*);
        $crate::mounted!(@on actix_tls, $how, Actix, Tls: $($test)*);
    };
    ($how:ident: shared: $($test:ident)*) => {
        $crate::mounted!(@on actix_cluster, $how, Actix, Cluster: $($test)*);
        $crate::mounted!(@on axum_sentinels, $how, Axum, Sentinels: $($test)*);
        $crate::mounted!(@on actix_sentinels, $how, Actix, Sentinels: $($test)*);
    };
    ($how:ident: $($test:ident)*) => {
        $crate::mounted!(@on axum_memory, $how, Axum, Memory: $($test)*);
        $crate::mounted!(@on actix_memory, $how, Actix, Memory: $($test)*);
        $crate::mounted! { $how: redis: $($test)* }
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
