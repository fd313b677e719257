/* In exoimap's place, for the .cmd sample: says some words and ends as it is told. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    fprintf(stderr, "words\n");
    return atoi(getenv("CODE"));
}
