//! Each journey and each race is written once and mounted for every adapter and every store.

/// Mounts journeys, `async fn(World)`, on both adapters and both stores; after `redis:` on both adapters over Redis.
#[macro_export]
macro_rules! journeys {
    ($($journey:ident)*) => {
        $crate::journeys!(@on axum_memory, Axum, Memory: $($journey)*);
        $crate::journeys!(@on axum_redis, Axum, Redis: $($journey)*);
        $crate::journeys!(@on actix_memory, Actix, Memory: $($journey)*);
        $crate::journeys!(@on actix_redis, Actix, Redis: $($journey)*);
    };
    (redis: $($journey:ident)*) => {
        $crate::journeys!(@on axum_redis, Axum, Redis: $($journey)*);
        $crate::journeys!(@on actix_redis, Actix, Redis: $($journey)*);
    };
    (@on $name:ident, $adapter:ident, $store:ident: $($journey:ident)*) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $journey() {
                    use $crate::world::{Adapter, Kind, World};
                    super::$journey(World::new(Adapter::$adapter, Kind::$store).await).await;
                }
            )*
        }
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
            $crate::journeys! { $($race)* }
        }
    };
}
