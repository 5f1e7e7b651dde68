async fn check_out(&mut self, order: Order, route: &str, dry_run: bool) -> Receipt {
    ::monitor_runtime::__private::once(move || ::monitor_runtime::__private::run_async_by_type(
            ::monitor_runtime::__private::site!(
                with_settings(& const {
                ::monitor_runtime::__private::Settings::of_async().fields(& ["order.id",
                "total", "self.cart", "http.route", "type", "route", "dry_run"]) })
            )
                .start_with(|__monitor_fields| {
                    __monitor_fields.value(&(order.id));
                    __monitor_fields.display(&(order.total()));
                    __monitor_fields.debug(&(self.cart));
                    __monitor_fields.value(&(route));
                    __monitor_fields.value(&(1 + 1));
                    ::monitor_runtime::__private::record!(__monitor_fields, route);
                    ::monitor_runtime::__private::record!(__monitor_fields, dry_run);
                })
                .wait(),
            async move {
                if false {
                    return ::monitor_runtime::__private::never::<Receipt>();
                }
                let _ = (&order,);
                ({ self.pay(order, route, dry_run).await })
            },
            ::monitor_runtime::__private::judge!([Receipt]),
        ))
        .await
}
