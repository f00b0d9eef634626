"""Spin models at their best, by one command.

    python -m course_utils.showcase                                    # all of it, into the folder showcase
    python -m course_utils.showcase --only plate --size 256 --seed 3

*plate* has Ising, Potts and XY side by side, cold, critical and hot, each lattice tied to its point on the phase curve;
*statistics* is what was measured on them beside what is exact, as a table and a picture; *films* are quenches of ten
seconds with a poster each; *critical* is a critical lattice at three distances. Lattices are equilibrated by cluster
updates from two opposite starts, and nothing is drawn unless they agree.
"""
