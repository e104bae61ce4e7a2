"""Plain sentences of general content, written for fedviz and free for everybody: how well a model still reads them tells what it forgot.

They name nothing of a scenario. What counts is the difference before and after training, not the number itself.
"""

SENTENCES = (
    "The morning train leaves the small station at seven and reaches the coast before noon.",
    "A farmer who lives near the river grows apples, pears and a few rows of beans.",
    "When the rain stopped, the children ran into the garden and looked for snails under the leaves.",
    "The library opens at nine, and on Saturdays a retired teacher reads stories to whoever comes.",
    "Bread needs flour, water, salt and time; the time is what most people forget.",
    "Long before there were maps of the whole world, sailors found their way by the stars.",
    "My sister sold her old bicycle and bought a piano that nobody in the house could play.",
    "In winter the lake freezes, and the people of the village walk across it to visit their friends.",
    "The museum keeps a letter in which the painter asks his brother for money and for blue paint.",
    "A good bridge looks simple, although many people worked for years so that it would stand.",
    "The old clock in the hall is five minutes slow, and everybody in the family knows it.",
    "If you put a stone into a glass of water, the water rises by exactly the space that the stone takes.",
    "The mayor promised new trees along the main street, and in spring they were really planted.",
    "Birds that spend the summer in the north fly thousands of miles when the days grow short.",
    "She wrote the first chapter in one night and needed three years for the rest of the book.",
    "The market was full of noise, of colours, and of people who argued about the price of fish.",
)
"""Each is read by itself, from its beginning."""
