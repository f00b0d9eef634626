"""Challenges: open tasks with a number to beat, judged on fresh problems beside baselines and the authors' best.

`judge` holds the frame, `counted` what is handed to a learner's function in place of an energy, `seals` the look at
whether the judge is still the judge. Then one module for each challenge; lessons call `check.challenge("3", answer)`.
"""
