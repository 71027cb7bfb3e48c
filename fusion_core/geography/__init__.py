"""Areas and their boundaries, spatial predictors, and the imputation of a donor's location."""
