async fn check_out(&mut self, order: Order, route: &str, dry_run: bool) -> Receipt {
    ::monitor_runtime::__private::once(move || ::monitor_runtime::__private::run_async(
            {
                static __MONITOR: ::monitor_runtime::__private::Site = ::monitor_runtime::__private::Site::new(
                        ::monitor_runtime::__private::path_of(&|| ()),
                        ::core::module_path!(),
                        ::core::file!(),
                        ::core::line!(),
                    )
                    .with(
                        &const {
                            ::monitor_runtime::__private::Settings::new()
                                .fields(
                                    &[
                                        "order.id",
                                        "total",
                                        "self.cart",
                                        "http.route",
                                        "type",
                                        "route",
                                        "dry_run",
                                    ],
                                )
                        },
                    );
                ::monitor_runtime::__private::register!(__MONITOR);
                &__MONITOR
            }
                .start_with(|__f| {
                    __f.value(&(order.id));
                    __f.display(&(order.total()));
                    __f.debug(&(self.cart));
                    __f.value(&(route));
                    __f.value(&(1 + 1));
                    ::monitor_runtime::__private::record!(__f, route);
                    ::monitor_runtime::__private::record!(__f, dry_run);
                }),
            async move {
                if let ::core::option::Option::Some(__r) = ::core::option::Option::None::<
                    Receipt,
                > {
                    return __r;
                }
                let _ = (&dry_run, &route, &order, &self);
                ({ self.pay(order, route, dry_run).await })
            },
            |__r: &_| ::monitor_runtime::__private::verdict!(__r),
        ))
        .await
}
