int lode_placeholder_;
