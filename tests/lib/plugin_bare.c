/* A shared object for tests that is no plug-in. */
__attribute__((visibility("default"))) int merlon_nothing(void);

int merlon_nothing(void)
{
	return 0;
}
