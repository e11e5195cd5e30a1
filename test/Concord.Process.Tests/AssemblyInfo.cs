// Each test has the machine's two cores to itself: there are clusters of processes in them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
