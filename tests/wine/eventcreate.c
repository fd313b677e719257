/* In eventcreate's place: writes down what it is given. */
#include <stdio.h>

int main(int argc, char **argv) {
    FILE *log = fopen("log", "a");
    for (int i = 1; log && i < argc; i++) fprintf(log, "%s ", argv[i]);
    return log && fclose(log) == 0 ? 0 : 1;
}
