"""The ways news goes out: `news` says what there is to tell, each other module is one channel."""
